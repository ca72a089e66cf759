"""Who is who on the public record-linkage sets, and on many simulated customers.

febrl3, febrl4: Christen, P. (2008), Febrl, a freely available record linkage system; fake_1000:
the set of splink's own documentation. Columns are given as a client's customer list would be.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from kehu.params_identity import IdentityParams
from kehu.prepare.identity.resolve import Identity, resolved
from tests.conftest import SHARED

_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志文辉鹏宇浩然子轩雨欣怡佳"


def _febrl(path: Path, with_number: bool) -> pd.DataFrame:
    rows = pd.read_csv(path, dtype=str, skipinitialspace=True)
    rows.columns = [c.strip() for c in rows.columns]
    rows = rows.fillna("").apply(lambda column: column.str.strip())
    born = pd.to_datetime(rows["date_of_birth"], format="%Y%m%d", errors="coerce")
    street = rows[["street_number", "address_1", "address_2"]].agg(" ".join, axis=1)
    found = {
        "customer_id": rows["rec_id"],
        "name": (rows["given_name"] + " " + rows["surname"]).str.strip(),
        "address": street.str.split().str.join(" "),
        "city": rows["suburb"],
        "birth_date": born,
        "person": rows["rec_id"].str.extract(r"rec-(\d+)-")[0],
    }
    return pd.DataFrame(found | ({"tax_id": rows["soc_sec_id"]} if with_number else {}))


def _fake(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path, dtype=str).fillna("")
    return pd.DataFrame(
        {
            "customer_id": "r" + rows["unique_id"],
            "name": (rows["first_name"] + " " + rows["surname"]).str.strip(),
            "city": rows["city"],
            "birth_date": pd.to_datetime(rows["dob"], errors="coerce"),
            "email": rows["email"],
            "person": rows["cluster"],
        }
    )


def sets(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give each public set with its truth in `person`."""
    for with_number in (True, False):
        more = "" if with_number else ", without its number"
        yield f"febrl3{more}", _febrl(folder / "dataset3.csv", with_number)
        both = [_febrl(folder / f"dataset4{part}.csv", with_number) for part in "ab"]
        yield f"febrl4{more}", pd.concat(both, ignore_index=True)
    yield "fake_1000", _fake(folder / "fake_1000.csv")


def simulated(count: int, seed: int = 1) -> pd.DataFrame:
    """Simulate Chinese customers, one in eleven of them registered twice with gaps and slips."""
    random = np.random.default_rng(seed)
    persons = int(count / 1.1)
    people = pd.DataFrame(
        {
            "person": np.arange(persons),
            "name": [
                f + a + b
                for f, a, b in zip(
                    *(random.choice(list(signs), persons) for signs in (_FAMILY, _GIVEN, _GIVEN)),
                    strict=True,
                )
            ],
            "birth_date": pd.to_datetime(random.integers(-10_000, 12_000, persons), unit="D"),
            "phone": [f"13{n:09d}" for n in random.integers(0, 10**9, persons)],
            "city": random.choice([f"{i}市" for i in range(300)], persons),
            "address": [f"{s}路{n}号" for s, n in random.integers(1, 20_000, (persons, 2))],
        }
    )
    again = people.iloc[random.choice(persons, count - persons, replace=False)].copy()
    again.loc[random.random(len(again)) < 0.5, "phone"] = None
    again.loc[random.random(len(again)) < 0.3, "address"] = None
    slip = random.random(len(again)) < 0.1
    again.loc[slip, "birth_date"] += pd.Timedelta(days=1)
    rows = pd.concat([people, again], ignore_index=True)
    return rows.assign(customer_id=[f"c{i:08d}" for i in random.permutation(len(rows))])


def found(customers: pd.DataFrame, **params: object) -> Identity:
    """Resolve a set with a likely pair accepted from an even chance on."""
    given = IdentityParams.model_validate({"match": "fuzzy", "threshold": 0.5} | params)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        return resolved(customers.drop(columns="person"), given, folder, folder, "CN", 3.0)


def quality(customers: pd.DataFrame, persons: pd.Series) -> tuple[float, float, float]:
    """Return pairwise precision, recall and F1 of groups against the truth."""
    truth = customers.set_index("customer_id")["person"]
    both = pd.DataFrame({"truth": truth, "found": persons})

    def pairs(by: list[str]) -> int:
        size = both.groupby(by).size()
        return int((size * (size - 1) // 2).sum())

    right = pairs(["truth", "found"])
    precision, recall = right / max(pairs(["found"]), 1), right / pairs(["truth"])
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def main(count: int = 1_000_000) -> None:
    """Print one line a set; the public ones where the folder of public data is."""
    folder = SHARED / "identity"
    public = sets(folder) if folder.is_dir() else ()
    cases = [*public, (f"{count:,} simulated", simulated(count))]
    for name, customers in cases:
        begun = time.perf_counter()
        persons = found(customers).persons
        seconds = time.perf_counter() - begun
        precision, recall, f1 = quality(customers, persons)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{name:32} {len(customers):>9,} rows  precision {precision:.4f}  recall {recall:.4f}"
            f"  F1 {f1:.4f}  {seconds:6.1f} s  peak so far {peak:,.0f} MB"
        )
