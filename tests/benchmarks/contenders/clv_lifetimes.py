"""lifetimes: BG/NBD or Pareto/NBD and Gamma-Gamma, one row a customer, no penalty."""

import sys
import warnings

import pandas as pd
from clock import Clock
from lifetimes import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter

warnings.simplefilter("ignore")
path, name, horizon, year_rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
clock, data = Clock(), pd.read_parquet(path)
histories = (data["frequency"], data["recency"], data["T"])
repeat = data[data["frequency"] > 0]
monthly = (1 + year_rate) ** (1 / 12) - 1
fitter = BetaGeoFitter if name == "bgnbd" else ParetoNBDFitter

with clock.lap("fit purchases"):
    buys = fitter().fit(*histories)
with clock.lap("fit spend"):
    spends = GammaGammaFitter().fit(repeat["frequency"], repeat["monetary_value"])
with clock.lap("P(alive)"):
    alive = buys.conditional_probability_alive(*histories)
with clock.lap("purchases"):
    predict = buys.conditional_expected_number_of_purchases_up_to_time
    purchases = predict(horizon, *histories)
with clock.lap("CLV"):
    clv = spends.customer_lifetime_value(
        buys, *histories, data["monetary_value"], time=12, discount_rate=monthly, freq="W"
    )

clock.report(
    ["lifetimes", "numpy", "scipy", "pandas"],
    **{p: buys.params_[p] for p in buys.params_.index},
    **{p: spends.params_[p if p != "gamma" else "v"] for p in ("p", "q", "gamma")},
    log_likelihood=-buys._negative_log_likelihood_ * len(data),
    alive=alive.mean(),
    purchases=purchases.mean(),
    clv=clv.mean(),
)
