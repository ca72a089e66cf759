"""kehu: a family of purchase models and Gamma-Gamma, histories of one kind counted once."""

import sys

import numpy as np
import pandas as pd
from clock import Clock

from kehu.value.clv import gamma_gamma
from kehu.value.clv.families import FAMILIES

path, name, horizon, year_rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
family, clock = FAMILIES[name], Clock()
data = pd.read_parquet(path)
x, t_x, T, m = (data[c].to_numpy() for c in ("frequency", "recency", "T", "monetary_value"))
weekly = (1 + year_rate) ** (7 / 365.25) - 1


def counted(frame):
    return frame.groupby(list(frame)).size().reset_index().to_numpy(float).T


with clock.lap("fit purchases"):
    buys = family.fit(*counted(data[["frequency", "recency", "T"]]), time_unit="week")
with clock.lap("fit spend"):
    repeat = data.loc[data["frequency"] > 0, ["frequency", "monetary_value"]]
    spends = gamma_gamma.fit(*counted(repeat))
with clock.lap("P(alive)"):
    alive = family.p_alive(buys, x, t_x, T)
with clock.lap("purchases"):
    purchases = family.expected_purchases(buys, horizon, x, t_x, T)
with clock.lap("CLV"):
    spend = gamma_gamma.expected_spend(spends, x, m)
    clv = spend * family.discounted_purchases(buys, horizon, weekly, x, t_x, T)

clock.report(
    ["kehu", "numpy", "scipy"],
    **{p: getattr(buys, p) for p in family.parameters},
    **{p: getattr(spends, p) for p in ("p", "q", "gamma")},
    log_likelihood=buys.log_likelihood,
    alive=np.mean(alive),
    purchases=np.mean(purchases),
    clv=np.mean(clv),
)
