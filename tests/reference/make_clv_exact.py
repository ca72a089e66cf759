"""Make `clv_exact_*.csv`: integrals of the purchase models in 40-digit arithmetic (needs mpmath).

Run it by hand, ``python tests/reference/make_clv_exact.py``; the tests read the files only.
"""

import csv
import random
from pathlib import Path

import mpmath as mp

HERE = Path(__file__).parent
mp.mp.dps = 40


def spread(low: float, high: float) -> float:
    """A number between 10**low and 10**high, in five digits."""
    return float(f"{10 ** random.uniform(low, high):.5g}")


def leaving(alpha, beta, n, s, t_x, T) -> list[str]:
    """Log of the integral of (alpha + t)^-n (beta + t)^-(s + 1) over t_x...T, and four means."""
    a, b, q = mp.mpf(alpha) + t_x, mp.mpf(beta) + t_x, mp.mpf(s) + 1
    m, span = min(a, b), mp.mpf(T) - mp.mpf(t_x)
    end = mp.log1p(span / m)
    edges = [0, *(end * mp.mpf(2) ** -j for j in range(20, -1, -1))]

    def whole(of):
        def inner(w):
            t = m * mp.expm1(w)
            return of(t) * m * mp.e**w * (1 + t / a) ** -n * (1 + t / b) ** -q

        return mp.quad(inner, edges)

    total = whole(lambda t: mp.mpf(1))
    means = [lambda t: mp.log(a + t), lambda t: mp.log(b + t), lambda t: 1 / (a + t)]
    found = [whole(of) / total for of in (*means, lambda t: 1 / (b + t))]
    value = mp.log(total) - n * mp.log(a) - q * mp.log(b)
    return [mp.nstr(v, 20) for v in (value, *found)]


def alive(r, a, b, x, z) -> str:
    """Expected purchases until z of a BG/NBD customer alive (Fader, Hardie, Lee 2005, eq. 10)."""
    n, c, a, z = mp.mpf(r) + x, mp.mpf(b) + x, mp.mpf(a), mp.mpf(z)
    share = mp.hyp2f1(n, c, a + c - 1, z / (1 + z)) * (1 + z) ** -n
    return mp.nstr((a + c - 1) / (a - 1) * (1 - share), 20)


def write(name: str, header: str, rows: list[list]) -> None:
    with (HERE / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def main() -> None:
    random.seed(1)
    rows = []
    for _ in range(150):
        alpha, beta, s, T = spread(-3, 3), spread(-3, 3), spread(-3, 1.3), spread(-0.3, 2.7)
        x = random.choice([0, 0, 1, 2, 5, 30, 200])
        t_x = 0.0 if x == 0 else float(f"{T * random.choice([random.random(), spread(-3, 0)]):.5g}")
        n = float(f"{spread(-2, 1) + x:.6g}")
        rows.append([alpha, beta, n, s, t_x, T, *leaving(alpha, beta, n, s, t_x, T)])
    header = "alpha beta n s t_x T log_integral log_alpha log_beta per_alpha per_beta"
    write("clv_exact_leaving.csv", header, rows)
    rows = []
    for _ in range(150):
        r, a, b, z = spread(-1.3, 1), spread(-2, 1), spread(-2, 1.5), spread(-3, 3)
        x = random.choice([0, 1, 2, 5, 20, 80, 200])
        rows.append([r, a, b, x, z, alive(r, a, b, x, z)])
    write("clv_exact_alive.csv", "r a b x z purchases", rows)


if __name__ == "__main__":
    main()
