"""The three windows of an early warning: what is learnt from, tried on, and warned about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kehu.errors import KehuError, Problem

LONGEST = 365
"""Days of a window unless the parameters say otherwise: a year holds every season once."""


@dataclass(frozen=True)
class Windows:
    """Equal windows of days, back to back, the last ending on the analysis date.

    Parameters
    ----------
    days : int
        Length of a window.
    learn, test, now : date
        Last day that may be seen when learning, when testing and when warning. What is learnt at
        `learn` is what happened up to `test`; it is tested on what happened up to `now`.
    """

    days: int
    learn: date
    test: date
    now: date

    def until(self, cut: date) -> date:
        """Return the last day of the window after a cut."""
        return cut + timedelta(days=self.days)

    def since(self, cut: date) -> date:
        """Return the last day before the window that ends with a cut."""
        return cut - timedelta(days=self.days)


def windows(
    first: date, analysis_date: str, days: int | None = None, holdout: int | None = None
) -> Windows:
    """Cut a history for an early warning.

    Parameters
    ----------
    first : date
        First day of the history.
    analysis_date : str
        Last day observed, inclusive, ISO.
    days : int, optional
        Length of a window; left out, that of the hold-out of lifetime value, else a third of the
        history, in both cases at most `LONGEST`.
    holdout : int, optional
        Days of the hold-out of lifetime value: with the same window the two can be compared.

    Returns
    -------
    Windows

    Raises
    ------
    KehuError
        KH-D11: the history is shorter than one window of a day before the analysis date.
    """
    now = date.fromisoformat(analysis_date)
    third = (now - first).days // 3
    chosen = days or min(holdout or third, third, LONGEST)
    if chosen < 1:
        what = f"the history from {first} to {now} is too short for an early warning."
        remedy = "Use a longer history, or set `churn.window_days`."
        raise KehuError(Problem("KH-D11", "transactions", what, remedy))
    step = timedelta(days=chosen)
    return Windows(chosen, now - 2 * step, now - step, now)
