"""Integrals of the purchase models against 40-digit arithmetic (see `make_clv_exact.py`)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kehu.value.clv.bgnbd import BgNbd
from kehu.value.clv.bgnbd_alive import purchases_if_alive
from kehu.value.clv.leaving_times import leaving

HERE = Path(__file__).parent


def columns(name: str) -> dict[str, np.ndarray]:
    frame = pd.read_csv(HERE / name)
    return {column: frame[column].to_numpy(dtype=float) for column in frame}


def test_moments_of_leaving_to_ten_digits() -> None:
    """Parameters from .001 to 1,000, alpha below and above beta, up to 200 purchases, tiny s."""
    exact = columns("clv_exact_leaving.csv")
    found = leaving(*(exact[k] for k in ("alpha", "beta", "n", "s", "t_x", "T")))
    assert np.abs(np.expm1(found.log_integral - exact["log_integral"])).max() < 1e-10
    for mean in ("log_alpha", "log_beta"):
        assert getattr(found, mean) == pytest.approx(exact[mean], rel=1e-10, abs=1e-10)
    for mean in ("per_alpha", "per_beta"):
        assert getattr(found, mean) == pytest.approx(exact[mean], rel=1e-10)


def test_purchases_of_customers_alive_to_nine_digits() -> None:
    """Horizons up to a thousand times alpha + T, up to 200 purchases, a and b from .01."""
    exact = columns("clv_exact_alive.csv")
    for i in range(exact["x"].size):
        r, a, b, x, z, purchases = (exact[k][i] for k in ("r", "a", "b", "x", "z", "purchases"))
        model = BgNbd(r, 1.0, a, b, (0.0,) * 4, 0.0, 0.0, 1, "week", True, True, "")
        found = purchases_if_alive(model, np.array([z]), np.array([x]))[0, 0]
        assert found == pytest.approx(purchases, rel=1e-9)
