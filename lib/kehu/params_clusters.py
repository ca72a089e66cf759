"""Parameters of clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kehu.params_types import Rule, Share, Strict, described

Feature = Literal[
    "days_since_last", "n_orders", "total_spend", "mean_order_value", "tenure", "expected_gap",
    "clv", "p_alive", "contribution", "loyalty_index", "satisfaction_index", "potential_index",
    "influence_index", "strategic_index",
]  # fmt: skip


class Clusters(Strict):
    """Which features, how many groups, found how."""

    features: list[Feature] = described(
        ["days_since_last", "n_orders", "mean_order_value", "tenure"],
        en="figures that groups are found by", zh="用哪些指标聚类", min_length=1, max_length=14,
    )  # fmt: skip
    method: Literal["kmeans", "gmm", "ward"] = described(
        "kmeans", en="k-means, Gaussian mixture, or hierarchical (Ward) on a sample",
        zh="kmeans K均值、gmm 高斯混合、ward 层次聚类（抽样）",
    )  # fmt: skip
    transform: Literal["log", "none"] = described(
        "log", en="log: signed logarithm before scaling, for skewed figures",
        zh="标准化之前是否取对数（适合偏斜的指标）",
    )  # fmt: skip
    k: int | None = described(
        None, en="groups; left out: chosen by silhouette among the stable ones",
        zh="分几类；省略时在稳定的类数中按轮廓系数选定", ge=2, le=12,
    )  # fmt: skip
    k_min: int = described(3, en="fewest groups tried", zh="最少试几类", ge=2, le=12)
    k_max: int = described(7, en="most groups tried", zh="最多试几类", ge=2, le=12)
    stable_from: Share = described(
        0.8, en="adjusted Rand of resampling from which a number of groups counts as stable",
        zh="重抽样的调整兰德指数达到多少才算稳定",
    )  # fmt: skip
    min_customers: int = described(
        100, en="customers needed to look for groups", zh="至少多少位客户才聚类", ge=20
    )

    @classmethod
    def of(cls, given: Clusters | Mapping[str, Any]) -> Clusters:
        """Return the settings of a notebook's `clusters`, defaults where it names none."""
        return given if isinstance(given, Clusters) else cls.model_validate(given)


RULES: tuple[Rule, ...] = (
    (
        ("clusters",),
        lambda given: Clusters.of(given).k_min > Clusters.of(given).k_max,
        "`clusters.k_min` must not be above `clusters.k_max`",
    ),
)
"""Parameters, what of them contradicts, how to say it."""
