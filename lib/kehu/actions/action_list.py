"""The list of actions: whom to contact first, how, by whom, and why."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kehu.actions.playbook import Playbook
from kehu.contactable import Consent, may_contact
from kehu.errors import KehuError, Problem, raise_all

REASONS = (
    "key_slipping", "value_slipping", "key_quiet", "value_quiet", "key_active", "second_order",
    "growing", "steady",
)  # fmt: skip
"""Codes of reasons, the most pressing first; the first that applies is the customer's reason."""

SLIPPING_REASONS = REASONS[:4]
"""Reasons for which the playbook's `slipping` strategy takes the place of the segment's."""

SLIPPING = 0.5
"""Probability of being active below which a customer counts as slipping away."""

QUIET_DAYS = 182
"""Days without a purchase above which a customer counts as gone quiet, where no model tells."""

VALUABLE = ("champion", "develop", "keep", "win_back")
"""RFM segments of high spend."""


def reasons(value: pd.DataFrame, segments: pd.DataFrame) -> NDArray[np.str_]:
    """Give each customer the most pressing reason to be contacted.

    Parameters
    ----------
    value, segments : pandas.DataFrame
        Contracts `value` and `segments`, the same customers under the same index.

    Returns
    -------
    ndarray of str, shape (n,)
        Of `REASONS`.
    """
    slipping, quiet = value["p_alive"] < SLIPPING, _quiet(value)
    valuable = segments["rfm_segment"].isin(VALUABLE)
    conditions = [
        segments["is_key"] & slipping,
        valuable & slipping,
        segments["is_key"] & quiet,
        valuable & quiet,
        segments["is_key"],
        value["n_orders"] == 1,
        segments["tier"] == "potential",
    ]
    return np.select(conditions, list(REASONS[:-1]), REASONS[-1])


def _quiet(value: pd.DataFrame) -> pd.Series:
    """Whether nobody can tell if a customer is active, who has not bought for half a year."""
    return value["p_alive"].isna() & (value["days_since_last"] > QUIET_DAYS)


def value_at_stake(
    value: pd.DataFrame, summary: pd.DataFrame, margin: float, horizon: int
) -> pd.Series:
    """Return the contribution an action protects or develops, in currency over the horizon.

    Parameters
    ----------
    value, summary : pandas.DataFrame
        Contracts `value` and `summary`, the same customers under the same index.
    margin : float
        Share of spend that is contribution, 0…1.
    horizon : int
        Time units ahead, in the unit of `summary.T`.

    Returns
    -------
    pandas.Series, shape (n,)
        Expected lifetime value for customers likely active; for those slipping away what they
        brought per time unit so far, times the horizon, times the probability that it is lost.
        Histories shorter than the horizon are taken as one horizon long. Where no model tells who
        is active, all that customers brought counts as lost once they have gone quiet.
    """
    per_horizon = summary["total_spend"].clip(lower=0) * margin
    per_horizon *= horizon / summary["T"].clip(lower=horizon)
    lost = per_horizon * (1 - value["p_alive"].fillna(0.0))
    gone = (value["p_alive"] < SLIPPING) | _quiet(value)
    return value["clv"].mask(gone, lost)


def action_list(
    customers: pd.DataFrame,
    summary: pd.DataFrame,
    value: pd.DataFrame,
    segments: pd.DataFrame,
    voices: pd.DataFrame,
    playbook: Playbook,
    *,
    margin: float,
    horizon: int,
    max_actions: int,
    consent: Consent = "opt_out",
) -> tuple[pd.DataFrame, float]:
    """List the customers to act on first, each with action, channel, owner and reason.

    Parameters
    ----------
    customers, summary, value, segments : pandas.DataFrame
        Contracts of those names.
    voices : pandas.DataFrame
        Contract `customer_voice`; who is not in it has no open complaint on record.
    playbook : Playbook
        Strategy per segment.
    margin, horizon
        See `value_at_stake`.
    max_actions : int
        Length of the list.
    consent : {'required', 'opt_out', 'ignore'}
        See `kehu.contactable.may_contact`; who may not be contacted is not listed.

    Returns
    -------
    listed : pandas.DataFrame
        Contract `actions`, the largest value at stake first, equal values by customer number.
    all_at_stake : float
        Value at stake of all customers, listed or not, in currency.

    Raises
    ------
    KehuError
        KH-D11: there are no customers, or none may be contacted. KH-T01: the tables hold
        different customers.
    """
    tables = {"value": value, "segments": segments, "summary": summary}
    _require_same_customers(tables)
    v, s, m = (frame.set_index("customer_id").sort_index() for frame in tables.values())
    table = v[["days_since_last", "p_alive", "clv"]].assign(
        tier=s["tier"],
        rfm_segment=s["rfm_segment"],
        is_key=s["is_key"],
        reason=reasons(v, s),
        value_at_stake=value_at_stake(v, m, margin, horizon),
    )
    open_complaints = voices.set_index("customer_id")["open_complaints"]
    table["open_complaints"] = open_complaints.reindex(table.index, fill_value=0).astype("int64")
    named = table.join(customers.set_index("customer_id")["name"]).reset_index()
    full = _with_strategy(named, playbook)
    unknown = consent != "required"
    allowed = may_contact(customers, consent).reindex(full["customer_id"], fill_value=unknown)
    first = full[allowed.to_numpy()].sort_values(
        ["value_at_stake", "customer_id"], ascending=[False, True]
    )
    top = first.head(max_actions)
    listed = top.assign(priority=np.arange(1, len(top) + 1))
    return listed, float(full["value_at_stake"].sum())


def _with_strategy(customers: pd.DataFrame, playbook: Playbook) -> pd.DataFrame:
    """Add each customer's action, channel, owner and rhythm."""
    full = customers.merge(playbook.table(), on="rfm_segment", how="left", validate="many_to_one")
    slipping = full["reason"].isin(SLIPPING_REASONS)
    for name, code in playbook.slipping.codes().items():
        full[name] = full[name].mask(slipping, code)
    return full.rename(columns={"channel": "contact_channel"})


def _require_same_customers(tables: Mapping[str, pd.DataFrame]) -> None:
    ids = {name: set(frame["customer_id"]) for name, frame in tables.items()}
    if not ids["value"]:
        raise KehuError(Problem("KH-D11", "value", "there are no customers to act on."))
    raise_all(
        Problem(
            "KH-T01",
            name,
            f"{len(found ^ ids['value']):,} customers are not in both `{name}` and `value` "
            f"(first: {min(found ^ ids['value'])}).",
            "Run 20_value and 30_segments again, on the same data.",
        )
        for name, found in ids.items()
        if found != ids["value"]
    )


def facts(
    listed: pd.DataFrame, all_at_stake: float, customers: pd.DataFrame, consent: Consent
) -> dict[str, float | int | str]:
    """Name the numbers that the report's sentences quote.

    Parameters
    ----------
    listed : pandas.DataFrame
        Contract `actions`.
    all_at_stake : float
        Sum of `value_at_stake` over all customers, in currency.
    customers : pandas.DataFrame
        Contract `customers`.
    consent : {'required', 'opt_out', 'ignore'}

    Returns
    -------
    dict
        Name to number.
    """
    stake = float(listed["value_at_stake"].sum())
    slipping = listed["reason"].isin(SLIPPING_REASONS)
    kept_out = int((~may_contact(customers, consent)).sum())
    silent = customers["consent"].isna().all()
    return {
        "n_kept_out": kept_out,
        "any_kept_out": "unknown" if silent else ("yes" if kept_out else "no"),
        "n_listed": len(listed),
        "stake": stake,
        "stake_share": stake / all_at_stake if all_at_stake else 0.0,
        "n_slipping": int(slipping.sum()),
        "any_slipping": "yes" if slipping.any() else "no",
        "n_complaints_open": int((listed["open_complaints"] > 0).sum()),
        "any_complaint": "yes" if (listed["open_complaints"] > 0).any() else "no",
    }
