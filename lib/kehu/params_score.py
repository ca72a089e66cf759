"""Parameters of the overall assessment: costs, indices, weights."""

from __future__ import annotations

from kehu.params_types import Rule, Strict


class ScoreParams(Strict):
    """What the overall assessment depends on."""


RULES: tuple[Rule, ...] = ()
"""Parameters, what of them contradicts, how to say it."""
