"""`make bench`, or `python -m tests.benchmarks NAME [SIZE ...]`: figures, never pass or fail.

demo                    the demo with warm and with normal kernels
clv [CUSTOMERS ...]     lifetime value against lifetimes and pymc-marketing
paretonbd [CUSTOMERS ...]  the same with Pareto/NBD
summary [LINES]         purchase lines to customers against pandas, Polars, pymc-marketing, DuckDB
scale [LINES ...]       the value stage on many lines
identity [CUSTOMERS]    who is who on the public record-linkage sets and on simulated customers
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.benchmarks import clv, demo, identity, results, scale, summary

NAMES: dict[str, Callable[[list[int]], None]] = {
    "demo": lambda sizes: demo.main(*sizes),
    "clv": lambda sizes: clv.main(sizes or (10_000, 100_000, 1_000_000)),
    "paretonbd": lambda sizes: clv.main(sizes or (10_000, 100_000, 1_000_000), "paretonbd"),
    "summary": lambda sizes: summary.main(*sizes),
    "identity": lambda sizes: identity.main(*sizes),
    "scale": lambda sizes: scale.main(sizes or (1_000_000, 10_000_000)),
}


def main(arguments: list[str]) -> None:
    """Run one benchmark, or all of them one after the other."""
    if arguments and arguments[0] not in NAMES:
        raise SystemExit(__doc__)
    print(" · ".join(f"{k} {v}" for k, v in results.machine().items() if v is not None))
    sizes = [int(size.replace("_", "").replace(",", "")) for size in arguments[1:]]
    for name in arguments[:1] or NAMES:
        NAMES[name](sizes)


if __name__ == "__main__":
    main(sys.argv[1:])
