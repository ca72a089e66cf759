"""Customer segments: tiers, RFM, life cycle, clusters, key customers, and who moved."""

from kehu.segments import (
    assess,
    classes,
    clusters,
    key,
    lifecycle,
    migration,
    rfm_rules,
    rule_check,
    rule_set,
    tiers,
)

__all__ = [
    "assess",
    "classes",
    "clusters",
    "key",
    "lifecycle",
    "migration",
    "rfm_rules",
    "rule_check",
    "rule_set",
    "tiers",
]
