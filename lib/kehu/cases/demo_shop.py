"""示例商城, the demo shop: three years of an online shop whose truth is known."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kehu.cases import demo_goods, demo_inputs, demo_members, dirt, made

VERSION = 5
"""Raised whenever the same seed would give other files, so that old sets are made anew."""

CUSTOMERS = 5_000
SEED = 20260930
FIRST_DAY = date(2023, 10, 1)
LAST_DAY = date(2026, 9, 30)
CAMPAIGN_END = date(2026, 3, 31)
"""Last day of full advertising: afterwards the shop wins about a third of the customers."""

_DAYS = (LAST_DAY - FIRST_DAY).days + 1
_FLOATS = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """The shop's true parameters in the letters of the papers; time in weeks, money in CNY.

    Parameters
    ----------
    r, alpha : float
        Purchase rates per week are Gamma(r, rate alpha).
    a, b : float
        The chance to leave for good after a repeat purchase is Beta(a, b).
    p, q, gamma : float
        Order values are Gamma(p, rate nu), and nu is Gamma(q, rate gamma) over customers.

    References
    ----------
    Fader, Hardie and Lee (2005), "Counting your customers" the easy way, sections 2 and 3.
    Fader and Hardie (2013), The Gamma-Gamma model of monetary value.
    """

    r: float = 0.28
    alpha: float = 3.0
    a: float = 0.8
    b: float = 10.0
    p: float = 4.0
    q: float = 5.0
    gamma: float = 220.0


@dataclass(frozen=True)
class Truth:
    """What is so in the demo shop, whatever the files show.

    Parameters
    ----------
    model : Model
        The parameters everything was drawn from.
    customers : pandas.DataFrame
        One row per buyer: `customer_id`, `first_time`, `purchase_rate` (orders per week),
        `dropout_probability` (0…1, after each repeat order), `mean_spend` (CNY an order),
        `alive` (at the end of the analysis date), `n_orders`, `channel`, `favourite`.
    lines : pandas.DataFrame
        One row per line sold, before any dirt: `customer_id`, `order_id`, `time`, `product_id`,
        `product`, `category`, `quantity`, `unit_price` and `amount` (CNY), `channel`.
    summary : dict
        The content of `truth/truth.json`.
    more : dict
        What is behind the further files, by name; see `demo_inputs.Inputs`.
    """

    model: Model
    customers: pd.DataFrame
    lines: pd.DataFrame
    summary: dict[str, Any]
    more: dict[str, pd.DataFrame]


def generate(folder: Path, *, customers: int = CUSTOMERS, seed: int = SEED) -> Truth:
    """Write the demo shop's files and their truth, replacing an older set.

    Parameters
    ----------
    folder : Path
        Where to write, usually `data/raw/demo`; made if missing.
    customers : int
        Buyers to simulate, at least 100.
    seed : int
        Start of every random draw, 0 or more; the same seed gives the same bytes.

    Returns
    -------
    Truth

    Raises
    ------
    KehuError
        KH-S01 when the folder cannot be written.
    ValueError
        Fewer than 100 customers: too few to hold one of every kind of dirt.

    Notes
    -----
    Counts follow BG/NBD, spend follows Gamma-Gamma independent of the counts, and neither has
    a season; 双11 and 618 show in the number of new customers only. Two departures from the
    models, both small: several orders of a customer on one day remain several orders, and about
    2 % of the orders are refunded, which neither model knows.
    """
    if customers < 100:
        raise ValueError(f"customers={customers}: at least 100 are needed")
    model = Model()
    # The further files draw from sources of their own, spawned after the first four: orders and
    # members stay what they are whatever is added.
    rngs = np.random.default_rng(seed).spawn(4 + demo_inputs.DRAWS)
    people_rng, goods_rng, dirt_rng, member_rng = rngs[:4]
    people, orders = _simulate(model, customers, people_rng)
    lines = demo_goods.baskets(orders, people, goods_rng)
    dirty = dirt.soil(lines, LAST_DAY, dirt_rng)
    members = demo_members.member_list(people, lines, FIRST_DAY, member_rng)
    more = demo_inputs.inputs(people, lines, LAST_DAY, rngs[4:])
    facts = {
        "version": VERSION,
        "seed": seed,
        "first_day": FIRST_DAY.isoformat(),
        "analysis_date": LAST_DAY.isoformat(),
        "parameters": {"time_unit": "week", "currency": "CNY", **asdict(model)},
        "clean": _clean_facts(people, lines),
        "files": dirty.counts,
        "after_cleaning": dirty.kept,
        "members": members.counts,
        "inputs": more.counts,
    }
    truth = Truth(model, people, dirt.in_yuan(lines), facts, more.truth)
    files = {**dirty.files, "members.xlsx": members.workbook, **more.files, **_truth_files(truth)}
    made.publish(folder, files, {"version": VERSION, "seed": seed, "customers": customers})
    return truth


def ensure(folder: Path, *, customers: int = CUSTOMERS, seed: int = SEED) -> bool:
    """Generate the demo shop's files unless a complete set of this version is there.

    Parameters
    ----------
    folder : Path
        Where the files belong, usually `data/raw/demo`.
    customers, seed : int
        As for `generate`; a set of another size or seed is replaced.

    Returns
    -------
    bool
        Whether files were written.

    Raises
    ------
    KehuError
        KH-S01 when the folder cannot be written.
    """
    if made.is_complete(folder, {"version": VERSION, "seed": seed, "customers": customers}):
        return False
    generate(folder, customers=customers, seed=seed)
    return True


def _simulate(model: Model, n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the buyers and the orders they make until the last day."""
    first = np.sort(rng.choice(_DAYS, n, p=_acquisition()) + rng.random(n))
    rate = rng.gamma(model.r, 1 / model.alpha, n)
    dropout = rng.beta(model.a, model.b, n)
    owner, week, alive = _repeat_orders(rate, dropout, (_DAYS - first) / 7, rng)
    owner = np.concatenate([np.arange(n), owner])
    day = np.floor(np.concatenate([first, first[owner[n:]] + 7 * week])).astype(np.int64)
    nu = rng.gamma(model.q, 1 / model.gamma, n)
    value = rng.gamma(model.p, 1, owner.size) / nu[owner]
    orders = pd.DataFrame({"owner": owner, "time": _clock(day, rng), "value": value})
    people = pd.DataFrame(
        {
            "customer_id": demo_members.member_ids(n, rng),
            "first_time": orders.groupby("owner")["time"].min(),
            "purchase_rate": rate,
            "dropout_probability": dropout,
            "mean_spend": model.p / nu,
            "alive": alive,
            "n_orders": np.bincount(owner, minlength=n),
            "channel": rng.choice(demo_goods.CHANNELS, n, p=demo_goods.CHANNEL_SHARES),
            "favourite": rng.choice(list(demo_goods.CATALOGUE), n),
        }
    )
    return people, orders.sort_values(["time", "owner"], ignore_index=True)


def _acquisition() -> _FLOATS:
    """Return each day's share of new customers: growth, two festivals, then less advertising."""
    days = pd.date_range(FIRST_DAY, LAST_DAY)
    weight = 1 + 1.2 * np.arange(_DAYS) / _DAYS
    weight[(days.month == 11) & (days.day <= 11)] *= 3
    weight[(days.month == 6) & (days.day <= 18)] *= 2
    weight[days > pd.Timestamp(CAMPAIGN_END)] *= 0.35
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def _repeat_orders(
    rate: _FLOATS, dropout: _FLOATS, horizon: _FLOATS, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], _FLOATS, npt.NDArray[np.bool_]]:
    """Return buyer and week since the first order of every repeat order, and who is alive."""
    week, alive, active = np.zeros(rate.size), np.ones(rate.size, bool), np.arange(rate.size)
    owners, weeks = [], []
    while active.size:
        week[active] += rng.exponential(size=active.size) / rate[active]
        active = active[week[active] < horizon[active]]
        owners.append(active)
        weeks.append(week[active])
        leaves = rng.random(active.size) < dropout[active]
        alive[active[leaves]] = False
        active = active[~leaves]
    return np.concatenate(owners), np.concatenate(weeks), alive


def _clock(day: npt.NDArray[np.int64], rng: np.random.Generator) -> pd.DatetimeIndex:
    """Give each order of a day (0 = first day) a time at which people shop."""
    busy = np.array(
        [2, 1, 0.5, 0.2, 0.2, 0.5, 1, 2, 3, 5, 6, 6, 7, 6, 5, 5, 5, 5, 6, 8, 10, 10, 8, 5]
    )
    seconds = rng.choice(24, day.size, p=busy / busy.sum()) * 3600 + rng.integers(0, 3600, day.size)
    start = np.datetime64(FIRST_DAY, "s")
    return pd.DatetimeIndex(start + (day * 86_400 + seconds).astype("timedelta64[s]"))


def _clean_facts(people: pd.DataFrame, lines: pd.DataFrame) -> dict[str, Any]:
    """Summarise the shop as it is, before any dirt; money in CNY."""
    spend = lines.groupby("customer_id")["amount"].sum().sort_values(ascending=False)
    top = spend.iloc[: round(0.2 * len(spend))].sum() / spend.sum()
    return {
        "customers": len(people),
        "orders": int(people["n_orders"].sum()),
        "lines": len(lines),
        "revenue": int(spend.sum()) / 100,
        "one_order_share": round(float((people["n_orders"] == 1).mean()), 4),
        "top_fifth_revenue_share": round(float(top), 4),
        "alive": int(people["alive"].sum()),
    }


def _truth_files(truth: Truth) -> dict[str, bytes]:
    text = json.dumps(truth.summary, ensure_ascii=False, indent=1) + "\n"
    return {
        "truth/customers.parquet": _parquet(truth.customers),
        "truth/lines.parquet": _parquet(truth.lines),
        **{f"truth/{name}.parquet": _parquet(frame) for name, frame in truth.more.items()},
        "truth/truth.json": text.encode(),
    }


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()
