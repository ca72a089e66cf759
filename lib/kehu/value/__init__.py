"""Value assessment: who is worth what, how sure we are."""

from kehu.value import (
    assess,
    candidates,
    concentration,
    contract_value,
    history,
    holdout,
    lifetime,
    rfm,
    scoring,
    summary,
    told,
)

__all__ = [
    "assess",
    "candidates",
    "concentration",
    "contract_value",
    "history",
    "holdout",
    "lifetime",
    "rfm",
    "scoring",
    "summary",
    "told",
]
