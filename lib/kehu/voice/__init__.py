"""The voice of the customer: surveys, complaints, drivers, benchmarks, the closed loop."""

from kehu.voice import (
    benchmark,
    complaints,
    control,
    customers,
    drivers,
    facts,
    facts_complaints,
    feedback,
    loop,
    nps_groups,
    outcomes,
    period,
    resolution,
    scores,
    story,
    surveys,
)

__all__ = [
    "benchmark",
    "complaints",
    "control",
    "customers",
    "drivers",
    "facts",
    "facts_complaints",
    "feedback",
    "loop",
    "nps_groups",
    "outcomes",
    "period",
    "resolution",
    "scores",
    "story",
    "surveys",
]
