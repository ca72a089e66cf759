"""对标数据: figures of peers that do not exist, for the demo shop to be compared with."""

from __future__ import annotations

import pandas as pd

from kehu.cases import demo_dirt, demo_sheet
from kehu.cases.demo_dirt import Made

ORIGIN = "演示用模拟数据，不是真实行业数据"
FIGURES = {
    "行业平均（模拟）": {
        "nps": "12",
        "csat_top_box": "24%",
        "complaints_per_1000_orders": "42",
        "settled_median_hours": "16",
        "settled_in_time_share": "90%",
    },
    "领先同行（模拟）": {
        "nps": "31",
        "csat_top_box": "38%",
        "complaints_per_1000_orders": "21",
        "settled_median_hours": "8",
        "settled_in_time_share": "97%",
    },
}
"""Peer to its figures, by the indicator's code, as they stand in the file."""

YEAR = 2025


def benchmarks() -> Made:
    """Write the peers' figures.

    Returns
    -------
    Made
        `benchmarks.csv`, UTF-8 with BOM; shares as per cent, the year as date.
    """
    listed = [
        {"指标": code, "数值": figure, "对标对象": peer, "出处": ORIGIN, "年份": YEAR}
        for peer, figures in FIGURES.items()
        for code, figure in figures.items()
    ]
    rows = pd.DataFrame(listed).assign(kind="clean")
    counts = demo_dirt.counted(rows, ())
    return Made(demo_sheet.text(rows.drop(columns="kind"), "utf-8-sig"), counts)
