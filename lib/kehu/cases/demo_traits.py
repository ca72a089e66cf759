"""What the demo shop's customers feel and do besides buying, and how strongly: the hidden truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri

TOUCHPOINTS = ["商品", "物流", "客服", "网站"]
DRIVERS = {"商品": 0.9, "物流": 0.6, "客服": 0.5, "网站": 0.2}
"""Points of recommendation that one standard deviation of an experience brings."""

LOYALTY = 0.5
"""Correlation of satisfaction with staying: the normal scores of both."""

COMMON = 0.6
"""Correlation of satisfaction with each experience; the rest is the experience's own."""

_FLOATS = npt.NDArray[np.float64]


def traits(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw how satisfied each buyer is, and what follows from it.

    Parameters
    ----------
    people : pandas.DataFrame
        One row per buyer: `customer_id`, `dropout_probability`, `purchase_rate`.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    pandas.DataFrame
        One row per buyer: `customer_id`, `satisfaction` (standard normal over buyers), one column
        per touchpoint (standard normal), `complaint_rate` (chance of a complaint after an order),
        `visit_rate` (visits a week while the customer stays), `referral_weight`.

    Notes
    -----
    Buyers who leave easily are less satisfied; complaints are rarer, and recommendations more
    frequent, the more satisfied somebody is. Nothing here changes an order.
    """
    n = len(people)
    stays = -ndtri((people["dropout_probability"].rank(method="first") - 0.5) / n)
    z = LOYALTY * stays.to_numpy() + np.sqrt(1 - LOYALTY**2) * rng.standard_normal(n)
    own = rng.standard_normal((n, len(TOUCHPOINTS)))
    felt = COMMON * z[:, None] + np.sqrt(1 - COMMON**2) * own
    eager = rng.gamma(4, 0.25, n)
    return pd.DataFrame(
        {
            "customer_id": people["customer_id"].to_numpy(),
            "satisfaction": z,
            **{name: felt[:, i] for i, name in enumerate(TOUCHPOINTS)},
            "complaint_rate": complaint_rate(z),
            "visit_rate": (0.08 + 1.8 * people["purchase_rate"].to_numpy()) * eager,
            "referral_weight": np.exp(0.8 * z),
        }
    )


def complaint_rate(satisfaction: _FLOATS) -> _FLOATS:
    """Return the chance of a complaint after an order, 0.02 to 0.14."""
    rate: _FLOATS = 0.02 + 0.12 * (1 - ndtr(satisfaction)) ** 2
    return rate
