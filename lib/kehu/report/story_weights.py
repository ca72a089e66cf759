"""Which sentences of weights, judgements and stability hold for a run's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, Any]


def weights(facts: Facts) -> tuple[str, ...]:
    """Choose the sentences on where the weights come from and what was done about blanks.

    Parameters
    ----------
    facts : mapping
        Of `kehu.score.weight_facts.facts`, stored as `score.…`.

    Returns
    -------
    tuple of str
        Keys of the catalogue, in the order they are told.
    """
    chosen = {
        "weights_constant": facts["score.constant"] > 0,
        "weights_consistent": facts["score.ahp_used"] == "yes",
    }
    return (
        *_keys({"weights": True}),
        f"weights_note.{facts['score.weighting']}",
        f"blanks_note.{facts['score.blanks']}",
        *_keys(chosen),
    )


def stability(facts: Facts) -> tuple[str, ...]:
    """Choose the sentences on how far the ranking depends on the choice of weights."""
    chosen = {
        "stability_near": True,
        "stability_any": facts["score.kept_any"] > 0,
        "stability_nobody": facts["score.kept_any"] == 0,
        "stability_single": facts["score.changes"] == "yes",
        "stability_same": facts["score.changes"] == "no",
    }
    return _keys(chosen)


def _keys(chosen: Mapping[str, bool]) -> tuple[str, ...]:
    return tuple(f"score.{name}" for name, holds in chosen.items() if holds)
