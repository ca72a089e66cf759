"""Parameters of segmentation: tiers and key customers."""

from __future__ import annotations

from typing import Any

from kehu import params_behaviour, params_clusters
from kehu.params_behaviour import Behaviour, Lifecycle
from kehu.params_clusters import Clusters
from kehu.params_key import KeyCriteria
from kehu.params_needs import Need
from kehu.params_types import Line, Rule, Share, Strict, described


class SegmentParams(Strict):
    """What segmentation depends on."""

    tier_shares: list[Share] = described(
        [0.2, 0.3], en="share of customers in the top and in the potential tier",
        zh="高净值客户与潜力客户的占比，其余为长尾客户", min_length=2, max_length=2,
    )  # fmt: skip
    rfm_rules: Line = described(
        "eleven", en="rule table of the named RFM segments: eleven, classical, or an own file",
        zh="RFM命名分群的规则表：eleven 十一类、classical 经典八类，或自备文件", min_length=1,
    )  # fmt: skip
    lifecycle: Lifecycle = described(
        Lifecycle(), en="how the stage of the life cycle is told", zh="生命周期阶段如何判定"
    )
    behaviour: Behaviour = described(
        Behaviour(), en="how behaviour types are told", zh="行为类型如何判定"
    )
    needs: list[Need] = described(
        [], en="need and scenario segments by conditions; the first that holds counts",
        zh="按条件划分的需求场景分群，先匹配者为准",
    )  # fmt: skip
    clusters: Clusters = described(
        Clusters(), en="how groups of customers are found", zh="聚类如何进行"
    )
    key_criteria: KeyCriteria = described(
        KeyCriteria(), en="criteria of key customers, each with its measure and limit",
        zh="重要客户的各项标准：指标与界限",
    )  # fmt: skip
    key_min_criteria: int = described(
        2, en="criteria a key customer meets", zh="重要客户至少达到几项标准", ge=1, le=5
    )


def _repeated(needs: list[Any]) -> bool:
    names = [one["name"] if isinstance(one, dict) else one.name for one in needs]
    return len(set(names)) < len(names)


RULES: tuple[Rule, ...] = (
    (("needs",), _repeated, "`needs` must each have a name of its own"),
    (
        ("key_min_criteria", "key_criteria"),
        lambda least, criteria: least > len(KeyCriteria.of(criteria).used),
        "`key_min_criteria` must not be above the number of criteria in `key_criteria`",
    ),
    (
        ("tier_shares",),
        lambda shares: sum(shares) >= 1,
        "`tier_shares` must leave customers for the long tail: sum below 1",
    ),
    *params_behaviour.RULES,
    *params_clusters.RULES,
)
"""Parameters, what of them contradicts, how to say it."""
