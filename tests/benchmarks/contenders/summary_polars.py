"""Polars, lazily, with its streaming engine."""

import sys
from datetime import date, timedelta

import polars as pl
from clock import Clock

path, end, clock = sys.argv[1], date.fromisoformat(sys.argv[2]), Clock()
with clock.lap("summary"):
    day = pl.col("date").dt.date().alias("day")
    found = (
        pl.scan_parquet(path)
        .filter(~pl.col("is_refund"), pl.col("date") < end + timedelta(days=1))
        .group_by("customer_id", day)
        .agg(pl.col("amount").sum())
        .group_by("customer_id")
        .agg(
            frequency=pl.len().cast(pl.Int64) - 1,
            recency=(pl.col("day").max() - pl.col("day").min()).dt.total_days() / 7,
            T=(end - pl.col("day").min()).dt.total_days() / 7,
            money=pl.col("amount").sum() - pl.col("amount").sort_by("day").first(),
        )
        .sort("customer_id")
        .collect(engine="streaming")
    )

clock.report(
    ["polars"],
    customers=found.height,
    frequency=found["frequency"].sum(),
    recency=found["recency"].sum(),
    money=float(found["money"].sum()),
)
