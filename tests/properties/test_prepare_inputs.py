"""Whatever dirt the client's other files hold, no row is lost between the file and the tables."""

import csv
import io
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kehu import engine, tables
from kehu.prepare import facts, inputs, sources
from kehu.prepare.treatments import TREATMENTS
from kehu.store import Run

IDS = {"0001": True, " 0002": True, "0003\u3000": True, "": False, "NULL": False}
DAYS = {"2026-05-18": "seen", "18/05/2026": "seen", "2026年9月30日": "seen", "20270101": "later",
        "?": "bad", "": "blank"}  # fmt: skip
OPEN_DAYS = {**DAYS, "9999-12-31": "none"}
SUMS = {"10.00": True, "¥1,200.00": True, "(7)": True, "x": False, "": False}
WORDS = {"投诉": "kept", " Search ": "kept", "测试": "out", "": "blank"}
MARKS = {"1": "fits", "5": "fits", "6": "off", "n/a": "blank", "": "blank", "好": "off"}

# Table: its params, the cells of each column, and the rule at which a row leaves.
CASES = {
    "interactions": (
        {"columns": {"customer_id": "a", "date": "b", "interaction": "c", "closed": "d"},
         "values": {"interaction": {"测试": "none"}}},
        {"a": IDS, "b": DAYS, "c": WORDS, "d": OPEN_DAYS},
        lambda a, b, c, d: (
            "unreadable_date" if DAYS[b] in ("bad", "blank")
            else "missing_interaction" if WORDS[c] == "blank"
            else "excluded_value" if WORDS[c] == "out"
            else "after_analysis_date" if DAYS[b] == "later" else None
        ),
    ),
    "payments": (
        {"columns": {"customer_id": "a", "due": "b", "paid": "c", "amount": "d"}},
        {"a": IDS, "b": DAYS, "c": OPEN_DAYS, "d": SUMS},
        lambda a, b, c, d: (
            "unreadable_due" if DAYS[b] in ("bad", "blank")
            else "unreadable_paid" if OPEN_DAYS[c] == "bad"
            else "unreadable_amount" if not SUMS[d]
            else None if IDS[a] else "missing_customer"
        ),
    ),
    "referrals": (
        {"columns": {"customer_id": "a", "referred_id": "b", "date": "c"}},
        {"a": IDS, "b": {**IDS, "0007": True, "0008": True}, "c": DAYS},
        lambda a, b, c: (
            "missing_customer" if not IDS[a]
            else "missing_referred" if not (b in ("0007", "0008") or IDS.get(b))
            else "after_analysis_date" if DAYS[c] == "later"
            else "self_referral" if a.strip() == b.strip() else None
        ),
    ),
    "surveys": (
        {"columns": {"customer_id": "a", "date": "b"}, "questions": [
            {"column": "c", "question": "one", "scale": "csat", "low": 1, "high": 5},
            {"column": "d", "question": "two", "scale": "csat", "low": 1, "high": 5},
        ]},
        {"a": IDS, "b": DAYS, "c": MARKS, "d": MARKS},
        lambda a, b, c, d: (
            "out_of_scale" if "off" in (MARKS[c], MARKS[d])
            else "after_analysis_date" if DAYS[b] == "later" else None
        ),
    ),
    "judgements": (
        {"columns": {"customer_id": "a", "date": "b", "author": "c"}, "low": 1, "high": 5,
         "criteria": [{"column": "d", "criterion": "technology"}]},
        {"a": IDS, "b": DAYS, "c": {"Wang": True, "": False}, "d": MARKS},
        lambda a, b, c, d: (
            "unreadable_date" if DAYS[b] in ("bad", "blank")
            else "missing_mark" if MARKS[d] == "blank"
            else "out_of_scale" if MARKS[d] == "off"
            else "missing_author" if not c
            else None if IDS[a] else "missing_customer"
        ),
    ),
}  # fmt: skip


def rows_of(table):
    _, cells, _ = CASES[table]
    good = st.tuples(*(st.sampled_from(list(pool)) for pool in cells.values()))
    wrong = st.sampled_from([("0001",), ("0001",) * (len(cells) + 2), ("",) * len(cells)])
    return st.lists(st.one_of(good, good, good, good, wrong), min_size=1, max_size=30)


def text(table, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CASES[table][1])
    writer.writerows(rows)
    return out.getvalue()


def cleaned(folder, table, *contents):
    (folder / "o.csv").write_text("id,day,sum\n1,2026-01-02,1\n", encoding="utf-8")
    orders = {"path": "o.csv", "columns": {"customer_id": "id", "date": "day", "amount": "sum"}}
    specs = []
    for i, content in enumerate(contents):
        (folder / f"{i}.csv").write_text(content, encoding="utf-8")
        specs.append({"path": f"{i}.csv", "separator": ",", "date_order": "dmy", **CASES[table][0]})
    run = Run(folder / "run")
    listed = sources.listed({"transactions": [orders], table: specs}, folder)
    backend = engine.connect(run)
    raws = sources.read_all(run, backend, listed)
    [found] = inputs.clean(raws, analysis_date="2026-09-30", max_unreadable=1.0)
    return run, backend, found


def expected(table, row, seen):
    """Say in plain Python at which rule a row leaves; None when it is kept."""
    _, cells, rule = CASES[table]
    if len(row) != len(cells):
        return "malformed_row"
    if not "".join(row):
        return "blank_row"
    found = rule(*row)
    # A repeat leaves before the row is asked whether it contradicts itself.
    if found in (None, "self_referral") and row in seen:
        return "duplicate_row"
    seen.add(row)
    return found


@pytest.mark.parametrize("table", CASES)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_row_leaves_at_the_rule_a_plain_reading_gives(tmp_path_factory, table, data):
    rows = data.draw(rows_of(table))
    run, backend, found = cleaned(tmp_path_factory.mktemp("books"), table, text(table, rows))
    seen = set()
    told = Counter(expected(table, row, seen) for row in rows)
    books = found.ledger.set_index("rule")
    gone = (books["rows_quarantined"] + books["rows_merged"]).to_dict()
    assert {r: n for r, n in gone.items() if n} == {r: n for r, n in told.items() if r}
    assert books["rows_in"].iloc[0] == len(rows)
    kept = found.table.select("source", "row").distinct().count().execute()
    assert kept == told[None] == books["rows_kept"].iloc[-1]
    assert found.quarantine.count().execute() == books["rows_quarantined"].sum()
    inputs.write(run, backend, [found])
    assert run.rows(table) == len(run.read(table)) == found.table.count().execute()


@pytest.mark.slow
@pytest.mark.parametrize("table", ["interactions", "surveys"])
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), seed=st.randoms(use_true_random=False))
def test_order_of_rows_and_of_files_does_not_matter(tmp_path_factory, table, data, seed):
    rows = data.draw(rows_of(table))
    half = len(rows) // 2
    parts = [text(table, rows[:half] or [("",)]), text(table, rows[half:])]
    shuffled = text(table, seed.sample(rows, len(rows)))
    folder = tmp_path_factory.mktemp("order")
    contract = [c for c in tables.contract(table).columns if c not in ("source", "row")]
    seen = []
    for i, contents in enumerate(([text(table, rows)], [shuffled])):
        (folder / str(i)).mkdir()
        _, _, found = cleaned(folder / str(i), table, *contents)
        frame = found.table.execute()[contract].astype(str)
        seen.append(sorted(map(str, map(tuple, frame.to_numpy()))))
    assert seen[0] == seen[1]
    if parts[0] != parts[1] and half:
        counts = []
        for i, contents in enumerate((parts, parts[::-1]), start=2):
            (folder / str(i)).mkdir()
            _, _, found = cleaned(folder / str(i), table, *contents)
            counts.append(facts.overview([found], _Nobody())["records"].iloc[0])
        assert counts[0] == counts[1]


class _Nobody:
    """A customer base without customers."""

    @property
    def customers(self):
        import ibis

        return ibis.memtable({"customer_id": ["nobody"]})


def test_each_table_has_a_label_for_every_rule():
    from kehu.i18n import catalogue

    for language in ("zh", "en"):
        known = catalogue(language)
        for table, treatment in TREATMENTS.items():
            assert f"table.{table}" in known
            for rule in treatment.rules(duplicates=True):
                assert f"rule.{rule.name}" in known, rule.name
