"""Customer segments: tiers, RFM, life cycle, clusters, key customers, and who moved."""

from kehu.segments import (
    assess,
    behaviour,
    classes,
    clusters,
    customer_type,
    key,
    lifecycle,
    migration,
    needs,
    rfm_rules,
    rule_check,
    rule_set,
    tiers,
)

__all__ = [
    "assess",
    "behaviour",
    "classes",
    "clusters",
    "customer_type",
    "key",
    "lifecycle",
    "migration",
    "needs",
    "rfm_rules",
    "rule_check",
    "rule_set",
    "tiers",
]
