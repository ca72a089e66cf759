"""Risk: who may leave and why, whom it pays to contact, who may not pay."""

from kehu.risk import alerts, chapter, churn, credit, facts, labelled, leakage, measures, scorecard

__all__ = [
    "alerts",
    "chapter",
    "churn",
    "credit",
    "facts",
    "labelled",
    "leakage",
    "measures",
    "scorecard",
]
