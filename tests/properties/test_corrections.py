"""Rows set aside go to the client in a workbook, and come back corrected."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kehu import engine
from kehu.notebook import Session
from kehu.prepare import clean, corrections, facts, sources

COLUMNS = {"customer_id": "会员号", "order_id": "单号", "date": "日期", "amount": "金额"}
HEAD = "会员号,单号,日期,金额,备注\n"
GOOD = [f"00{i},A{i},2026-03-{i:02d},10.{i:02d},\n" for i in range(1, 29)]
BAD = [
    "007,B1,someday,5.25,=1+1\n",
    ",B2,2026-04-02,6.50,@SUM(A1)\n",
    "009,B3,2026-04-03,free,ok\n",
]


class Client:
    """A folder of files, cleaned again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, 0

    def put(self, name: str, *lines: str) -> dict[str, Any]:
        (self.folder / name).write_text(HEAD + "".join(lines), "utf-8")
        return {"path": name, "columns": COLUMNS}

    def run(self, *given: dict[str, Any]) -> tuple[Session, clean.Cleaned, dict[str, Any]]:
        self.runs += 1
        folder = self.folder / f"run{self.runs}"
        run = Session(folder, "10_prepare", ("zh", "en"), "CNY", "2026-09-30", self.folder)
        backend = engine.connect(run)
        raws = sources.read_all(
            run, backend, sources.listed({"transactions": list(given)}, self.folder)
        )
        cleaned = clean.transactions(raws, analysis_date="2026-09-30", max_unreadable=1.0)
        told = corrections.write(run, backend, raws, facts.quarantine(cleaned))
        return run, cleaned, told


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


def pages(run: Session) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(run.folder / corrections.NAME)
    return {page.title: [list(row) for row in page.values] for page in book}


def money(cleaned: clean.Cleaned) -> Decimal:
    total: Decimal = cleaned.transactions.amount.sum().execute()
    return total


def test_corrected_rows_come_back_as_one_more_source(client: Client) -> None:
    orders = client.put("orders.csv", *GOOD, *BAD)
    run, before, told = client.run(orders)
    assert told == {"has_to_correct": "yes", "n_to_correct": 3, "n_corrections": 3}
    book = openpyxl.load_workbook(run.folder / corrections.NAME)
    page = book["orders.csv"]
    at = {cell.value: cell.column for cell in page[1]}
    page.cell(2, at["日期"]).value = "2026-04-01"
    page.cell(3, at["会员号"]).value = "008"
    page.cell(4, at["金额"]).value = "7.75"
    book.save(client.folder / "back.xlsx")
    back = {"path": "back.xlsx", "sheet": "orders.csv", "columns": COLUMNS}
    _, after, told = client.run(orders, back)
    assert money(after) - money(before) == Decimal("19.50")
    kept = after.transactions.filter(after.transactions.source == "back.xlsx").execute()
    assert sorted(kept["customer_id"]) == ["007", "008", "009"]
    assert told["n_to_correct"] == 3, "the rows of the first file are still there"


def test_each_row_says_why_and_where_beside_the_cells_as_read(client: Client) -> None:
    run, _, _ = client.run(client.put("orders.csv", *GOOD, *BAD))
    head, *rows = pages(run)["orders.csv"]
    assert head == ["原因 / Reason", "数据行序号 / Data row", *HEAD.strip().split(",")]
    assert [row[1] for row in rows] == [29, 30, 31]
    assert rows[0][0] == "日期无法识别 / Unreadable date"
    assert rows[0][2:] == ["007", "B1", "someday", "5.25", "=1+1"]


def test_no_cell_of_the_client_is_a_formula(client: Client) -> None:
    run, _, _ = client.run(client.put("orders.csv", *GOOD, *BAD))
    book = openpyxl.load_workbook(run.folder / corrections.NAME)
    kinds = {cell.data_type for page in book for row in page.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}


def test_a_row_with_too_many_fields_is_quoted_whole(client: Client) -> None:
    run, _, _ = client.run(client.put("orders.csv", *GOOD, "1,2,3,4,5,6\n"))
    [row] = pages(run)["orders.csv"][1:]
    assert row[0].endswith("| 1,2,3,4,5,6")
    assert row[2:] == [None] * 5


def test_what_cannot_or_need_not_be_corrected_is_not_asked(client: Client) -> None:
    later = "1,C1,2026-12-01,3.00,\n"
    run, cleaned, told = client.run(client.put("orders.csv", *GOOD, later, ",,,,\n"))
    assert int(cleaned.ledger["rows_quarantined"].sum()) == 2
    assert told == {"has_to_correct": "no", "n_to_correct": 0, "n_corrections": 0}
    assert not (run.folder / corrections.NAME).exists()


def test_more_rows_than_the_workbook_takes_are_told(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "MOST_ROWS", 2)
    run, _, told = client.run(client.put("orders.csv", *GOOD, *BAD))
    assert told == {"has_to_correct": "yes", "n_to_correct": 3, "n_corrections": 2}
    found = pages(run)
    assert len(found["orders.csv"]) == 3
    notes = "\n".join(str(row[0]) for row in found["kehu"])
    assert "orders.csv：2 行，共有 3 行" in notes
    assert "orders.csv: 2 rows of 3" in notes


def test_files_with_long_or_like_names_have_a_sheet_each(client: Client) -> None:
    long = "a very long name of a file of orders of [2026].csv"
    given = [client.put(f"{n}{long}", *GOOD, *BAD[:1]) for n in "xyz"]
    given[1:] = [
        client.put(f"{n}{long}", *(row.replace("A", n) for row in GOOD), *BAD[1:]) for n in "yz"
    ]
    run, _, _ = client.run(*given)
    names = list(pages(run))
    assert len({name.lower() for name in names}) == 4
    assert all(len(name) <= 31 and not set("[]:*?/\\") & set(name) for name in names)


def test_a_text_longer_than_a_cell_is_cut_with_a_mark(client: Client) -> None:
    run, _, _ = client.run(client.put("orders.csv", *GOOD, f",B,2026-04-02,6.50,{'长' * 40_000}\n"))
    [row] = pages(run)["orders.csv"][1:]
    assert len(row[-1]) == corrections.LONGEST
    assert row[-1].endswith("长…")


def test_the_same_rows_give_the_same_bytes(client: Client) -> None:
    orders = client.put("orders.csv", *GOOD, *BAD)
    made = [client.run(orders)[0].folder / corrections.NAME for _ in range(2)]
    assert made[0].read_bytes() == made[1].read_bytes()


def test_a_workbook_of_an_earlier_run_is_removed(client: Client) -> None:
    run, _, _ = client.run(client.put("orders.csv", *GOOD, *BAD))
    assert (run.folder / corrections.NAME).exists()
    client.runs -= 1
    again, _, _ = client.run(client.put("orders.csv", *GOOD))
    assert again.folder == run.folder
    assert not (run.folder / corrections.NAME).exists()
