"""MBG/NBD: BG/NBD in which a customer may leave right after the first purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import ArrayLike

from kehu.value.clv.bgnbd import BgNbd, fitted


@dataclass(frozen=True)
class MbgNbd(BgNbd):
    """A fitted MBG/NBD model of repeat purchases.

    Its fields are those of `BgNbd`. It differs in the number of chances to leave: x + 1, after the
    first and after each repeat purchase, instead of x. So every function of `bgnbd` and
    `bgnbd_purchases` that takes a model takes this one, and does what the model's story says.
    """

    FAMILY: ClassVar[str] = "mbgnbd"
    FIRST: ClassVar[int] = 1


def fit(
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    counts: ArrayLike | None = None,
    *,
    time_unit: str,
) -> MbgNbd:
    """Fit the purchases of customers who may leave after the first, by maximum likelihood.

    Use it where many buy once and never again: BG/NBD has to call all of them alive.

    Parameters
    ----------
    x : array_like, shape (k,)
        Repeat purchase days, 0 or more.
    t_x : array_like, shape (k,)
        First to last purchase, in `time_unit`; 0 where `x` is 0.
    T : array_like, shape (k,)
        First purchase to analysis date, in `time_unit`.
    counts : array_like, shape (k,), optional
        Customers who share the triple (x, t_x, T); 1 each when left out.
    time_unit : {"day", "week", "month", "quarter", "year"}
        Unit of `t_x` and `T`.

    Returns
    -------
    MbgNbd
        The fitted model. Read `converged` and `identified` before using it.

    Raises
    ------
    ValueError
        A value that no purchase history can have.
    KehuError
        KH-D11 when nobody bought a second time.

    References
    ----------
    Batislam, Denizel, Filiztekin (2007), "Empirical validation and comparison of models for
    customer base analysis", International Journal of Research in Marketing 24. Hoppe, Wagner
    (2007), "Customer base analysis: the case for a central variant of the Betageometric/NBD
    model", Marketing Journal of Research and Management 3.

    Examples
    --------
    >>> model = fit([0, 2, 1], [0, 30.43, 1.71], [38.86] * 3, [1411, 500, 446], time_unit="week")
    >>> model.n
    2357
    """
    return fitted(MbgNbd, x, t_x, T, counts, time_unit)
