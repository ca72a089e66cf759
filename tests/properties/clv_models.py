"""The three models of purchases without contract: built, generated and simulated for tests."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kehu.value.clv import likelihood
from kehu.value.clv.bgnbd import BgNbd
from kehu.value.clv.mbgnbd import MbgNbd
from kehu.value.clv.paretonbd import ParetoNbd
from kehu.value.clv.paretonbd_likelihood import paretonbd

NAMES = ("bgnbd", "mbgnbd", "paretonbd")
KINDS: dict[str, Any] = {"bgnbd": BgNbd, "mbgnbd": MbgNbd, "paretonbd": ParetoNbd}
TRUTH = {
    "bgnbd": (0.6, 6.0, 0.7, 2.0),
    "mbgnbd": (0.8, 6.0, 0.7, 2.0),
    "paretonbd": (0.8, 8.0, 0.7, 12.0),
}
"""Parameters whose customers buy and leave often enough to be told apart."""

CDNOW = {
    "bgnbd": (0.2426, 4.4136, 0.7929, 2.4259),
    "mbgnbd": (0.5248, 6.1831, 0.8914, 1.6140),
    "paretonbd": (0.5533, 10.5777, 0.6062, 11.6687),
}

Histories = tuple[NDArray, NDArray, NDArray]


def cases(*strategies, examples: int = 60):
    """Generated cases, the same in every run."""
    return lambda test: settings(deadline=None, max_examples=examples, derandomize=True)(
        given(*strategies)(test)
    )


def model_of(name: str, theta, time_unit: str = "week") -> Any:
    """A fitted model of given parameters."""
    parameters = dict(zip(KINDS[name].PARAMETERS, theta, strict=True))
    return KINDS[name](
        **parameters,
        standard_errors=(0.0,) * 4,
        log_likelihood=0.0,
        log_likelihood_nbd=0.0,
        n=1,
        time_unit=time_unit,
        converged=True,
        identified=True,
        message="",
    )


def models(name: str):
    """Models of one family, of all sorts of parameters."""
    fourth = st.floats(0.1, 200) if name == "paretonbd" else st.floats(0.02, 30)
    parameters = (st.floats(0.05, 5), st.floats(0.1, 50), st.floats(0.01, 6), fourth)
    return st.tuples(*parameters).map(lambda theta: model_of(name, theta))


any_model = st.one_of(*(models(name) for name in NAMES))


@st.composite
def histories(draw: st.DrawFn, size: int = 8, most: int = 200) -> Histories:
    x = np.array(draw(st.lists(st.integers(0, most), min_size=size, max_size=size)), float)
    T = np.array(draw(st.lists(st.floats(0.5, 300), min_size=size, max_size=size)))
    share = np.array(draw(st.lists(st.floats(0.001, 1), min_size=size, max_size=size)))
    return x, np.where(x > 0, share * T, 0.0), T


def log_likelihood(model, population):
    """Log-likelihood and gradient at the model's own parameters."""
    return log_likelihood_at(model, theta_of(model), population)


def theta_of(model) -> NDArray:
    return np.array([getattr(model, name) for name in model.PARAMETERS])


def log_likelihood_at(model, theta, population):
    """Log-likelihood and gradient of the model's family at other parameters."""
    if model.FAMILY == "paretonbd":
        return paretonbd(theta, population)
    return likelihood.bgnbd(theta, population, model.FIRST)


def population(name: str, seed: int, n: int, theta, T: NDArray, ahead: float = 0.0) -> Histories:
    """Customers buy and leave as the model's story says: x, t_x, purchases in `ahead` after T."""
    rng = np.random.default_rng(seed)
    rate = np.maximum(rng.gamma(theta[0], 1 / theta[1], n), 1e-300)
    if name == "paretonbd":
        left = rng.standard_exponential(n) / np.maximum(
            rng.gamma(theta[2], 1 / theta[3], n), 1e-300
        )
        leaving = np.zeros(n)
    else:
        left, leaving = np.full(n, np.inf), rng.beta(theta[2], theta[3], n)
    x, t_x, now, later = (np.zeros(n) for _ in range(4))
    here = np.arange(n)
    if name == "mbgnbd":
        here = here[rng.random(n) >= leaving]
    while here.size:
        now[here] += rng.exponential(1 / rate[here])
        here = here[now[here] <= np.minimum(T[here] + ahead, left[here])]
        seen = now[here] <= T[here]
        x[here[seen]] += 1
        t_x[here[seen]] = now[here[seen]]
        later[here[~seen]] += 1
        here = here[rng.random(here.size) >= leaving[here]]
    return x, t_x, later


def shop(name: str, n: int = 3000) -> Histories:
    """Customers of known parameters, observed 30 to 60 weeks, in whole days."""
    T = np.random.default_rng(7).integers(210, 420, n) / 7
    x, t_x, _ = population(name, 8, n, TRUTH[name], T)
    return x, np.where(x > 0, np.clip(np.ceil(t_x * 7) / 7, 1 / 7, T), 0.0), T
