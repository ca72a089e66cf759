"""pymc-marketing's `rfm_summary`, days scaled to weeks."""

import sys
import warnings

import pandas as pd
from clock import Clock
from pymc_marketing.clv import rfm_summary

warnings.simplefilter("ignore")
path, end, clock = sys.argv[1], sys.argv[2], Clock()
with clock.lap("summary"):
    lines = pd.read_parquet(path, columns=["customer_id", "date", "amount", "is_refund"])
    lines = lines[~lines["is_refund"]].assign(amount=lambda t: t["amount"].astype(float))
    found = rfm_summary(
        lines, "customer_id", "date", "amount", observation_period_end=end, time_unit="D",
        time_scaler=7,
    )  # fmt: skip

clock.report(
    ["pymc-marketing", "pandas"],
    customers=len(found),
    frequency=found["frequency"].sum(),
    recency=found["recency"].sum(),
    money=(found["monetary_value"] * found["frequency"]).sum(),
)
