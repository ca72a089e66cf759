"""Whatever dirt a file holds, no row and no money is lost between the file and the tables."""

import csv
import io
from collections import Counter
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kehu import engine
from kehu.errors import KehuError
from kehu.prepare import clean, ledger, sources
from kehu.store import Run

COLUMNS = {"customer_id": "id", "date": "day", "amount": "sum", "quantity": "n"}
DAYS = {"2026-05-18": True, "18/05/2026": True, "2026年5月1日": True, "20270101": False, "?": None}
SUMS = {
    "10.00": 10,
    "-3.50": Decimal("-3.5"),
    "0": 0,
    "1,200.00": 1200,
    "(7)": -7,
    "x": None,
    "": None,
}
IDS = {"0001": "0001", " 0002": "0002", "0003\u3000": "0003", "": None, "NULL": None, "A-7": "A-7"}

cell = {
    "id": st.sampled_from(list(IDS)),
    "day": st.sampled_from(list(DAYS)),
    "sum": st.sampled_from(list(SUMS)),
    "n": st.sampled_from(["1", "2", "-1", "", "many"]),
    "note": st.sampled_from(["", "a", 'say "hi"', "two\nlines", "a,b"]),
}
good = st.tuples(*cell.values())
bad = st.sampled_from(
    [("0001", "2026-05-18"), ("a", "b", "c", "d", "e", "f"), ("", "", "", "", "")]
)
files = st.lists(st.one_of(good, good, good, good, bad), min_size=1, max_size=40)


def text(rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(cell)
    writer.writerow(("0009", "18/05/2026", "1,000.50", "1", "first"))
    writer.writerows(rows)
    return out.getvalue()


def cleaned(folder, content, **rules):
    path = folder / "a.csv"
    path.write_text(content, encoding="utf-8")
    run = Run(folder / "run")
    spec = {"path": "a.csv", "separator": ",", "columns": COLUMNS}
    listed = sources.listed({"transactions": [spec]}, folder)
    raws = sources.read_all(run, engine.connect(run), listed)
    return raws[0], clean.transactions(
        raws, **{"analysis_date": "2026-12-31", "max_unreadable": 1.0} | rules
    )


def expected(row, seen):
    """Say in plain Python at which rule a row leaves; None when it is kept."""
    if len(row) != len(cell):
        return "malformed_row"
    if not "".join(row):
        return "blank_row"
    who, day, paid, n = IDS[row[0]], DAYS[row[1]], SUMS[row[2]], row[3]
    if day is None:
        return "unreadable_date"
    if paid is None:
        return "unreadable_amount"
    if who is None:
        return "missing_customer"
    if not day:
        return "after_analysis_date"
    if row in seen:
        return "duplicate_row"
    seen.add(row)
    return "sign_conflict" if n == "-1" and paid > 0 else None


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=files)
def test_every_row_leaves_at_the_rule_a_plain_reading_gives(tmp_path_factory, rows):
    raw, found = cleaned(tmp_path_factory.mktemp("books"), text(rows))
    seen = set()
    told = Counter(expected(row, seen) for row in rows)
    books = found.ledger.set_index("rule")
    gone = (books["rows_quarantined"] + books["rows_merged"]).to_dict()
    assert {r: n for r, n in gone.items() if n} == {r: n for r, n in told.items() if r}
    assert raw.rows == len(rows) + 1 == books["rows_in"].iloc[0]
    assert found.transactions.count().execute() == told[None] + 1
    assert found.quarantine.count().execute() == books["rows_quarantined"].sum()


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=files, seed=st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(tmp_path_factory, rows, seed):
    folder = tmp_path_factory.mktemp("order")
    shuffled = seed.sample(rows, len(rows))
    parts = [cleaned(folder, text(r))[1] for r in (rows, shuffled)]
    first, second = (p.ledger.drop(columns="source") for p in parts)
    pd.testing.assert_frame_equal(first, second)
    assert len({p.transactions.amount.sum().execute() for p in parts}) == 1


@pytest.mark.slow
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=files)
def test_money_kept_and_removed_is_the_money_in_the_file(tmp_path_factory, rows):
    _, found = cleaned(tmp_path_factory.mktemp("money"), text(rows), refunds="drop")
    readable = [r for r in rows if len(r) == len(cell) and SUMS[r[2]] is not None]
    in_file = sum((Decimal(SUMS[r[2]]) for r in readable), Decimal("1000.5"))
    kept = found.transactions.amount.sum().execute()
    assert kept + sum(found.ledger["amount_removed"]) == in_file


def test_two_runs_give_the_same_tables(tmp_path):
    rows = [(f"{i % 7:04d}", "2026-05-18", f"{i}.50", "1", "x") for i in range(300)]
    frames = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        _, found = cleaned(tmp_path / name, text(rows))
        run = Run(tmp_path / name / "run")
        backend = found.transactions.get_backend()
        engine.write_table(run, backend, "transactions", found.transactions)
        frames.append(run.table_path("transactions").read_bytes())
    assert frames[0] == frames[1]


@pytest.mark.parametrize("column", ["rows_in", "rows_kept", "rows_merged", "rows_quarantined"])
def test_books_that_do_not_balance_stop_the_run(tmp_path, column):
    _, found = cleaned(tmp_path, text([]))
    ledger.check_balance(found.ledger)
    broken = found.ledger.copy()
    broken.loc[3, column] += 1
    with pytest.raises(KehuError) as caught:
        ledger.check_balance(broken)
    assert {p.code for p in caught.value.problems} == {"KH-D08"}


def test_rows_counted_elsewhere_must_agree_with_the_books(tmp_path):
    _, found = cleaned(tmp_path, text([]))
    ledger.check_balance(found.ledger, {"a.csv": 1}, {"a.csv": 1}, {})
    with pytest.raises(KehuError) as caught:
        ledger.check_balance(found.ledger, {"a.csv": 2}, {"a.csv": 0}, {"a.csv": 1})
    assert len(caught.value.problems) == 3
