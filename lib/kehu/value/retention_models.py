"""The models of how long customers stay under contract, one for each plan with enough of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd
from scipy.stats import chi2

from kehu.errors import KehuError
from kehu.value.clv import bdw, sbg
from kehu.value.clv.bdw import Bdw
from kehu.value.clv.contract_lifetimes import ContractModel, curve
from kehu.value.clv.life_table import LifeTable, life_table
from kehu.value.clv.sbg import Sbg
from kehu.value.contracts import Tenures

Method = Literal["sbg", "bdw"]

CURVES = (
    "group", "period", "at_risk", "observed", "observed_retention", "survival", "survival_low",
    "survival_high", "retention", "retention_low", "retention_high", "seen",
)  # fmt: skip
"""Columns of `curves`."""

ALL = "*"
"""Group of all customers together: its model serves the plans that are too small for their own."""

FEWEST_LEFT = 50
"""Customers lost that a plan needs for a model of its own."""

FEWEST_PERIODS = 3
"""Different periods of contract that a plan needs for a model of its own."""


@dataclass(frozen=True)
class PlanModel:
    """The models of one group of customers.

    Parameters
    ----------
    group : str
        A plan, or `ALL`.
    used : Sbg or Bdw
        The one that forecasts rest on.
    sbg : Sbg
    bdw : Bdw or None
        None where too few periods were seen.
    table : LifeTable
        What they were fitted to.
    """

    group: str
    used: ContractModel
    sbg: Sbg
    bdw: Bdw | None
    table: LifeTable


@dataclass(frozen=True)
class Models:
    """The models of all customers under contract.

    Parameters
    ----------
    by_group : mapping
        Group to `PlanModel`; `ALL` is among them where a plan is too small for its own.
    group_of : mapping
        Plan to group.
    method : {'sbg', 'bdw'}
        Preferred model; a group whose BdW may not be used has the sBG all the same.
    reason : str
        `given`; or, where it was left to the fit, `likelihood_ratio` (BdW fits better than chance
        explains) or `simpler` (it does not).
    period : str
        Billing period.
    """

    by_group: Mapping[str, PlanModel]
    group_of: Mapping[str, str]
    method: Method
    reason: str
    period: str

    def of(self, plan: str) -> PlanModel:
        """Return the models of a plan's customers, or refuse a plan of another fit (ValueError)."""
        if plan not in self.group_of:
            raise ValueError(f"the models were fitted without the plan {plan!r}")
        return self.by_group[self.group_of[plan]]

    @property
    def in_use(self) -> Method:
        """Model that forecasts rest on: the preferred one, unless no group may use it."""
        used = {m.used.FAMILY for m in self.by_group.values()}
        return self.method if self.method in used else "sbg"

    @property
    def usable(self) -> bool:
        """Whether every model in use converged and its data fix the retention rates."""
        return all(m.used.converged and m.used.identified for m in self.by_group.values())

    @property
    def message(self) -> str:
        """What the models in use say about themselves; empty when all is well."""
        said = {name: m.used.message for name, m in self.by_group.items() if m.used.message}
        return " ".join(f"{name}: {text}" for name, text in said.items())


def fit(tenures: Tenures, method: Literal["auto", "sbg", "bdw"] = "auto") -> Models:
    """Fit how long customers stay, plan by plan.

    Parameters
    ----------
    tenures : Tenures
    method : {'auto', 'sbg', 'bdw'}
        Model in use; `auto`: the BdW where it fits better than chance explains (5 %), else the
        sBG. `kehu.value.retention.prove` returns the better one on the hold-out.

    Returns
    -------
    Models

    Raises
    ------
    KehuError
        KH-D11: nobody left or nobody stayed, or only one period of contract was seen.
    ValueError
        Unknown `method`.

    Notes
    -----
    A plan is the product with which a relationship began: what a customer changed to later would
    sort those who stayed from those who left. Plans with fewer than `FEWEST_LEFT` customers lost,
    or fewer than `FEWEST_PERIODS` periods seen, share the model of all customers.
    """
    if method not in ("auto", *get_args(Method)):
        raise ValueError(f"method must be auto, sbg or bdw, got {method!r}")
    lifetimes = tenures.lifetimes
    own = [plan for plan, rows in lifetimes.groupby("plan") if _is_large(_table(rows))]
    plans = sorted({*lifetimes["plan"], *tenures.customers["plan"]})
    group_of = {plan: plan if plan in own else ALL for plan in plans}
    tables = {plan: _table(lifetimes[lifetimes["plan"] == plan]) for plan in own}
    if len(own) < len(plans):
        tables[ALL] = _table(lifetimes)
    both = {group: _both(table, tenures.period) for group, table in tables.items()}
    chosen, reason = (method, "given") if method != "auto" else _chosen(both)
    by_group = {
        group: PlanModel(group, _used(pair, chosen), *pair, tables[group])
        for group, pair in both.items()
    }
    return Models(by_group, group_of, chosen, reason, tenures.period)


def curves(models: Models, tenures: Tenures, periods: int) -> pd.DataFrame:
    """Return survival and retention by period of contract: observed, and as the models have it.

    Parameters
    ----------
    models : Models
    tenures : Tenures
        Customers observed; later ones than the models have seen show how well these projected.
    periods : int
        Periods to draw, 1 or more.

    Returns
    -------
    pandas.DataFrame
        `group`, `period` (1...periods), `at_risk` (customers observed to the end of the period),
        `observed` (share of new customers who outlived it), `observed_retention`, blank where
        nobody was seen; `survival, survival_low, survival_high, retention, retention_low,
        retention_high` as by `contract_lifetimes.curve`; `seen` (whether the model was fitted to
        the period).
    """
    parts = []
    for group, model in models.by_group.items():
        lifetimes = tenures.lifetimes
        here = lifetimes["plan"].map(models.group_of) == group
        table = _table(lifetimes if group == ALL else lifetimes[here])
        observed = pd.DataFrame(
            {
                "period": table.period.astype(int),
                "at_risk": table.at_risk,
                "observed": table.survival,
                "observed_retention": table.retention,
            }
        )
        drawn = curve(model.used, periods).merge(observed, on="period", how="left")
        seen = drawn["period"].isin(model.table.period[model.table.at_risk > 0])
        parts.append(drawn.fillna({"at_risk": 0.0}).assign(group=group, seen=seen))
    return pd.concat(parts, ignore_index=True)[list(CURVES)]


def _table(lifetimes: pd.DataFrame) -> LifeTable:
    ended, count = lifetimes["ended"].astype(bool), lifetimes["count"]
    return life_table(lifetimes["duration"], ended, count, lifetimes["entered"])


def _is_large(table: LifeTable) -> bool:
    enough = table.left.sum() >= FEWEST_LEFT and table.seen >= FEWEST_PERIODS
    return bool(enough and table.renewed.sum() > 0)


def _both(table: LifeTable, period: str) -> tuple[Sbg, Bdw | None]:
    plain = sbg.fit_table(table, period)
    try:
        return plain, bdw.fit_table(table, period)
    except KehuError:
        return plain, None


def _used(pair: tuple[Sbg, Bdw | None], method: str) -> ContractModel:
    plain, other = pair
    if method == "bdw" and other is not None and other.converged and other.identified:
        return other
    return plain


def _chosen(both: Mapping[str, tuple[Sbg, Bdw | None]]) -> tuple[Method, str]:
    """Choose by the likelihood ratio of all groups together."""
    others = [b for _, b in both.values() if b is not None and b.converged and b.identified]
    statistic = sum(bdw.dependence(other).statistic for other in others)
    if others and chi2.sf(statistic, len(others)) <= bdw.LEVEL:
        return "bdw", "likelihood_ratio"
    return "sbg", "simpler"
