"""pandas as it is usually written: read the file, two `groupby`s."""

import sys

import pandas as pd
from clock import Clock

path, end, clock = sys.argv[1], pd.Timestamp(sys.argv[2]), Clock()
with clock.lap("summary"):
    lines = pd.read_parquet(path, columns=["customer_id", "date", "amount", "is_refund"])
    lines = lines[~lines["is_refund"] & (lines["date"] < end + pd.Timedelta(days=1))]
    lines = lines.assign(day=lines["date"].dt.normalize(), amount=lines["amount"].astype(float))
    days = lines.groupby(["customer_id", "day"], as_index=False)["amount"].sum()
    found = days.groupby("customer_id").agg(
        first=("day", "min"), last=("day", "max"), n=("day", "size"), spend=("amount", "sum"),
        first_spend=("amount", "first"),
    )  # fmt: skip
    frequency = found["n"] - 1
    recency = (found["last"] - found["first"]).dt.days / 7
    age = (end - found["first"]).dt.days / 7
    value = (found["spend"] - found["first_spend"]) / frequency.where(frequency > 0)

clock.report(
    ["pandas"],
    customers=len(found),
    frequency=frequency.sum(),
    recency=recency.sum(),
    money=(value * frequency).sum(),
)
