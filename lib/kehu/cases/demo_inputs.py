"""The demo shop's files besides orders and members, and the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from kehu.cases import (
    demo_benchmarks,
    demo_browse,
    demo_contacts,
    demo_costs,
    demo_judgements,
    demo_service,
    demo_survey,
    demo_traits,
)

DRAWS = 8
"""Sources of random draws that `inputs` needs."""


@dataclass(frozen=True)
class Inputs:
    """The further files.

    Parameters
    ----------
    files : dict
        File name to bytes.
    truth : dict
        Name to what is so: `traits`, `tickets`, `answers`, `contacts`, `referrals`, `costs`,
        `standing`.
    counts : dict
        File name to what is in it; see `demo_dirt.Made`.
    """

    files: dict[str, bytes]
    truth: dict[str, pd.DataFrame]
    counts: dict[str, Any]


def inputs(
    people: pd.DataFrame, lines: pd.DataFrame, last_day: date, rngs: list[np.random.Generator]
) -> Inputs:
    """Make the files.

    Parameters
    ----------
    people : pandas.DataFrame
        One row per buyer, in order of their first order.
    lines : pandas.DataFrame
        What was sold, money in cents.
    last_day : date
        The analysis date.
    rngs : list of numpy.random.Generator
        `DRAWS` sources of draws, one for each part: a change of one part leaves the others.

    Returns
    -------
    Inputs
    """
    traits = demo_traits.traits(people, rngs[0])
    tickets = demo_service.tickets(lines, traits, last_day, rngs[1])
    assert tickets.truth is not None
    made = {
        "service.csv": tickets,
        "survey.xlsx": demo_survey.survey(people, lines, traits, last_day, rngs[2]),
        "browse.csv": demo_browse.browse(people, lines, traits, last_day, rngs[3]),
        "costs.csv": demo_costs.costs(people, lines, tickets.truth, rngs[4]),
        "campaigns.csv": demo_contacts.campaigns(people, traits, last_day, rngs[5]),
        "referrals.csv": demo_contacts.referrals(people, traits, rngs[6]),
        "judgements.xlsx": demo_judgements.judgements(lines, last_day, rngs[7]),
        "benchmarks.csv": demo_benchmarks.benchmarks(),
    }
    names = {"service.csv": "tickets", "survey.xlsx": "answers", "costs.csv": "costs",
             "campaigns.csv": "contacts", "referrals.csv": "referrals",
             "judgements.xlsx": "standing"}  # fmt: skip
    told = {names[file]: one.truth for file, one in made.items() if one.truth is not None}
    return Inputs(
        {name: one.data for name, one in made.items()},
        {"traits": traits, **told},
        {name: one.counts for name, one in made.items()},
    )
