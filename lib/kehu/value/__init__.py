"""Value assessment: who is worth what, how sure we are."""

from kehu.value import assess, concentration, holdout, lifetime, rfm, summary

__all__ = ["assess", "concentration", "holdout", "lifetime", "rfm", "summary"]
