"""pymc-marketing: maximum a posteriori with flat priors, which is maximum likelihood."""

import logging
import sys
import warnings

import pandas as pd
from clock import Clock
from pymc_extras.prior import Prior
from pymc_marketing.clv import BetaGeoModel, GammaGammaModel, ParetoNBDModel

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
path, name, horizon, year_rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
clock, data = Clock(), pd.read_parquet(path)
repeat = data[data["frequency"] > 0]
monthly = (1 + year_rate) ** (1 / 12) - 1
kind, letters = {
    "bgnbd": (BetaGeoModel, ("r", "alpha", "a", "b")),
    "paretonbd": (ParetoNBDModel, ("r", "alpha", "s", "beta")),
}[name]
flat = {letter: Prior("HalfFlat") for letter in (*letters, "p", "q", "v")}

with clock.lap("fit purchases"):
    buys = kind(model_config={letter: flat[letter] for letter in letters})
    buys.fit(data[["customer_id", "frequency", "recency", "T"]], method="map", progressbar=False)
with clock.lap("fit spend"):
    spends = GammaGammaModel(model_config={letter: flat[letter] for letter in ("p", "q", "v")})
    columns = ["customer_id", "frequency", "monetary_value"]
    spends.fit(repeat[columns], method="map", progressbar=False)
with clock.lap("P(alive)"):
    alive = buys.expected_probability_alive(data=data)
with clock.lap("purchases"):
    purchases = buys.expected_purchases(data=data, future_t=horizon)
with clock.lap("CLV"):
    clv = spends.expected_customer_lifetime_value(
        buys, data, future_t=12, discount_rate=monthly, time_unit="W"
    )

found = buys.idata.posterior
clock.report(
    ["pymc-marketing", "pymc", "numpy", "scipy", "pandas"],
    **{letter: found[letter].item() for letter in letters},
    **{"gamma" if k == "v" else k: spends.idata.posterior[k].item() for k in ("p", "q", "v")},
    alive=alive.mean().item(),
    purchases=purchases.mean().item(),
    clv=clv.mean().item(),
)
