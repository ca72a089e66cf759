"""DuckDB by hand: the shortest statement that gives the same table; no rule about refunds."""

import sys

import duckdb
from clock import Clock

path, end, memory_gb = sys.argv[1], sys.argv[2], float(sys.argv[3])
clock, engine = Clock(), duckdb.connect()
engine.execute(f"SET memory_limit = '{memory_gb * 1000:.0f}MB'")
statement = """
    WITH days AS (
        SELECT customer_id, date::DATE AS day, SUM(amount) AS spend
        FROM read_parquet(?) WHERE NOT is_refund AND date < ?::DATE + 1 GROUP BY ALL)
    SELECT customer_id, COUNT(*) - 1 AS frequency, (MAX(day) - MIN(day)) / 7 AS recency,
        (?::DATE - MIN(day)) / 7 AS T, SUM(spend) - ARG_MIN(spend, day) AS money
    FROM days GROUP BY customer_id ORDER BY customer_id"""
with clock.lap("summary"):
    found = engine.execute(statement, [path, end, end]).df()

clock.report(
    ["duckdb", "pandas"],
    customers=len(found),
    frequency=found["frequency"].sum(),
    recency=found["recency"].sum(),
    money=found["money"].sum(),
)
