"""Which sentences open the chapter of the overall assessment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kehu.report import story_profit


def bottom(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Choose the sentences of the bottom line.

    Parameters
    ----------
    facts : mapping
        All facts of the run, `score.…` among them.

    Returns
    -------
    tuple of str
        Keys of the catalogue, in the order they are told.
    """
    losing = ["profit.losing"] if facts["score.loss_customers"] else []
    priced = [k for k in story_profit.acquisition(facts) if k.startswith("acquisition.ratio")]
    firm = ["score.stability_any"] if facts["score.kept_any"] else []
    return (story_profit.contribution(facts)[0], *losing, *priced[:1], "score.weights", *firm)
