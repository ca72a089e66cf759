"""The client's other tables: wrong files give the right sentence, right ones the right rows."""

# ruff: noqa: E501 (one case a line)

from decimal import Decimal

import pandas as pd
import pytest

from kehu import engine
from kehu.errors import KehuError
from kehu.prepare import inputs, sources
from kehu.store import Run

ORDERS = {"path": "orders.csv", "columns": {"customer_id": "id", "date": "day", "amount": "sum"}}


class Desk:
    """A folder with one file of orders, to put other files into and have them cleaned."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.put("orders.csv", "id,day,sum\n1,2026-01-02,10.00\n")

    def put(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def clean(self, given, **rules):
        self.count += 1
        run = Run(self.folder / f"run{self.count}")
        listed = sources.listed({"transactions": [ORDERS], **given}, self.folder)
        raws = sources.read_all(run, engine.connect(run), listed)
        return inputs.clean(raws, **{"analysis_date": "2026-09-30"} | rules)

    def one(self, table, *specs, **rules):
        [found] = self.clean({table: list(specs)}, **rules)
        return found

    def rows(self, table, *specs, **rules):
        found = self.one(table, *specs, **rules).table.execute()
        return found.sort_values(["source", "row"], kind="stable", ignore_index=True)

    def gone(self, table, *specs, **rules):
        """Rule to rows taken away, of the rules that took any."""
        books = self.one(table, *specs, **rules).ledger.set_index("rule")
        taken = books["rows_merged"] + books["rows_quarantined"]
        return taken[taken > 0].to_dict()

    def problems(self, table, *specs, **rules):
        with pytest.raises(KehuError) as caught:
            self.clean({table: list(specs)}, **rules)
        return [str(p) for p in caught.value.problems]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


TICKETS = {"customer_id": "客户", "date": "时间", "interaction": "类型", "closed": "办结"}
SCORES = {"customer_id": "客户", "date": "日期"}
NPS = {"column": "推荐", "question": "nps", "scale": "nps"}
CSAT = {"column": "商品", "question": "goods", "scale": "csat", "low": 1, "high": 5}


def tickets(*rows):
    return "客户,时间,类型,办结\n" + "".join(",".join(row) + "\n" for row in rows)


def spec(name, columns, **more):
    return {"path": name, "columns": columns, **more}


# --- errors, with what they say -------------------------------------------------------------------


def test_an_unknown_word_is_told_with_its_rows_and_what_may_be_meant(desk):
    rows = [
        ("1", "2026-01-05", kind, "") for kind in ("投诉",) * 50 + ("客户投诉",) * 2 + ("电访",)
    ]
    [said] = desk.problems("interactions", spec(desk.put("i.csv", tickets(*rows)), TICKETS))
    assert said.startswith("KH-D10 i.csv: 2 words in `类型` are not known: “客户投诉” 2 rows")
    assert "(did you mean `complaint`, as “投诉”?); “电访” 1 rows" in said
    assert "`values: {interaction: {客户投诉: …}}`, one of contact, visit, browse" in said


def test_a_mistyped_code_is_not_taken_for_something_else(desk):
    table = "月份,项目,金额\n" + "2026-05,获客,10\n" * 2 + "2026-06,goodz,5\n"
    columns = {"date": "月份", "cost": "项目", "amount": "金额"}
    [said] = desk.problems("costs", spec(desk.put("c.csv", table), columns))
    assert "1 words in `项目` are not known: “goodz” 1 rows (did you mean `goods`" in said


def test_an_unknown_yes_or_no_is_told(desk):
    table = "活动,客户,日期,响应\n618,1,2026-06-10,是\n618,2,2026-06-10,也许\n"
    columns = {"campaign": "活动", "customer_id": "客户", "date": "日期", "responded": "响应"}
    name = desk.put("m.csv", table)
    [said] = desk.problems("campaigns", spec(name, columns))
    assert "1 words in `响应` are not known: “也许” 1 rows" in said
    assert "one of yes, no" in said
    rows = desk.rows("campaigns", spec(name, columns, values={"responded": {"也许": False}}))
    assert rows["responded"].tolist() == [True, False]


def test_answers_off_the_scale_name_the_codes_to_declare(desk):
    rows = "".join(f"{i},2026-02-01,{v},4\n" for i, v in enumerate([9] * 20 + [11] * 3 + ["很好"]))
    name = desk.put("s.csv", "客户,日期,推荐,商品\n" + rows)
    [said] = desk.problems("surveys", spec(name, SCORES, questions=[NPS, CSAT]))
    assert said.startswith(
        "KH-D10 s.csv: 4 of 24 answers in `推荐` are not on 0 to 10: “11” 3 rows, “很好” 1 rows."
    )
    assert "Name codes for no answer in `blank`, give words points in `values`" in said


def test_a_question_nobody_declared_is_told(desk):
    name = desk.put("s.csv", "c,q,a\n1,nps,9\n1,ces,3\n2,ces,4\n")
    columns = {"customer_id": "c", "question": "q", "answer": "a"}
    [said] = desk.problems(
        "surveys", spec(name, columns, questions=[{"question": "nps", "scale": "nps"}])
    )
    assert said == (
        "KH-D10 s.csv: 1 questions are not in `questions`: “ces” 2 rows. "
        "Add each with its scale. Known: nps."
    )


def test_marks_off_the_scale_are_told(desk):
    name = desk.put("j.csv", "c,市场,who,day\n1,9,Wang,2026-10-05\n2,4,Wang,2026-10-05\n")
    columns = {"customer_id": "c", "author": "who", "date": "day"}
    criteria = [{"column": "市场", "criterion": "market_position"}]
    [said] = desk.problems("judgements", spec(name, columns, criteria=criteria, low=1, high=5))
    assert "1 of 2 answers in `市场` are not on 1 to 5: “9” 1 rows." in said
    assert said.endswith("Correct the marks, or `low` and `high`.")


UNREADABLE = {
    "date of an interaction": (
        "interactions", "客户,时间,类型,办结\n1,soon,投诉,\n", TICKETS,
        "KH-D09 x.csv: 1 of 1 rows have no date that can be read in `时间` (first: data row 1, “soon”)",
    ),
    "closing time": (
        "interactions", "客户,时间,类型,办结\n1,2026-01-05,投诉,later\n", TICKETS,
        "have no date that can be read in `办结` (first: data row 1, “later”)",
    ),
    "date paid": (
        "payments", "c,due,paid,sum\n1,2026-01-31,soon,5\n",
        {"customer_id": "c", "due": "due", "paid": "paid", "amount": "sum"},
        "KH-D09 x.csv: 1 of 1 rows have no date that can be read in `paid`",
    ),
    "amount": (
        "costs", "m,k,sum\n2026-05,获客,much\n", {"date": "m", "cost": "k", "amount": "sum"},
        "KH-D10 x.csv: 1 of 1 rows have no amount that can be read in `sum`",
    ),
    "usage below nothing": (
        "holdings", "c,u\n1,-3\n", {"customer_id": "c", "usage": "u"},
        "KH-D10 x.csv: 1 of 1 rows have no number that can be read in `u` (first: data row 1, “-3”)",
    ),
    "figure": (
        "benchmarks", "k,v\nnps,high\n", {"indicator": "k", "figure": "v"},
        "KH-D10 x.csv: 1 of 1 rows have no number that can be read in `v`",
    ),
    "shortened number of a referred customer": (
        "referrals", "a,b\n1,4.2E+17\n", {"customer_id": "a", "referred_id": "b"},
        "KH-D15 x.csv: 1 of 1 rows have a customer or order number in the form 4.20106E+17",
    ),
    "two readings of a date": (
        "holdings", "c,s,e\n1,05/06/2024,07/08/2025\n",
        {"customer_id": "c", "start": "s", "end": "e"},
        "KH-D06 x.csv: all 2 dates like “05/06/2024” in `s`, `e` can be read in two ways",
    ),
    "two currencies": (
        "payments", "c,due,sum\n1,2026-01-31,¥5\n1,2026-02-28,$6\n",
        {"customer_id": "c", "due": "due", "amount": "sum"}, "KH-D14 x.csv: the column `sum` holds",
    ),
    "no such column": (
        "referrals", "a,b\n1,2\n", {"customer_id": "a", "referred_id": "c"},
        "KH-D04 x.csv: the column `c` (columns.referred_id) is not in the file.",
    ),
    "no row": (
        "referrals", "a,b\n", {"customer_id": "a", "referred_id": "b"}, "KH-D02 x.csv: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_stops_the_run(desk, case):
    table, content, columns, words = UNREADABLE[case]
    [said] = desk.problems(table, spec(desk.put("x.csv", content), columns))
    assert words in said


def test_a_question_s_column_that_is_not_there_is_named_by_its_place(desk):
    name = desk.put("s.csv", "客户,日期,推荐\n1,2026-02-01,9\n")
    [said] = desk.problems("surveys", spec(name, SCORES, questions=[NPS, CSAT]))
    assert "KH-D04 s.csv: the column `商品` (questions[2].column) is not in the file." in said


def test_problems_of_all_tables_come_at_once(desk):
    bad = {
        "interactions": [spec(desk.put("i.csv", tickets(("1", "2026-01-05", "怪", ""))), TICKETS)],
        "benchmarks": [
            spec(desk.put("b.csv", "k,v\nnps,high\n"), {"indicator": "k", "figure": "v"})
        ],
    }
    with pytest.raises(KehuError) as caught:
        desk.clean(bad)
    assert [p.where for p in caught.value.problems] == ["i.csv", "b.csv"]


def test_the_same_file_for_the_same_columns_is_refused_and_for_others_is_not(desk):
    table = "月份,获客,推广\n2026-05,100,20\n2026-06,110,30\n"
    name = desk.put("c.csv", table)
    won = spec(name, {"date": "月份", "amount": "获客"}, constants={"cost": "acquisition"})
    kept = spec(name, {"date": "月份", "amount": "推广"}, constants={"cost": "推广"})
    [said] = desk.problems("costs", won, won)
    assert said.startswith("KH-D13")
    rows = desk.rows("costs", won, kept)
    sums = rows.groupby("cost")["amount"].sum().to_dict()
    assert sums == {"acquisition": Decimal(210), "marketing": Decimal(50)}
    assert rows["source"].unique().tolist() == ["c.csv acquisition", "c.csv 推广"]


# --- values ---------------------------------------------------------------------------------------


def test_words_are_read_whatever_their_case_and_width(desk):
    words = [
        "投诉",
        " 客诉 ",
        "Complaint",
        "ＣＯＭＰＬＡＩＮＴ",
        "咨询",
        "浏览",
        "site search",
        "表扬",
    ]
    rows = [("1", "2026-01-05", word, str(i)) for i, word in enumerate(words)]
    found = desk.rows(
        "interactions", spec(desk.put("i.csv", tickets(*rows)), TICKETS), max_unreadable=1.0
    )
    assert found["interaction"].tolist() == [
        *["complaint"] * 4, "enquiry", "browse", "search", "praise",
    ]  # fmt: skip


def test_the_client_s_own_words_go_before_those_built_in(desk):
    rows = [("1", "2026-01-05", "回访", "2026-01-06"), ("1", "2026-01-07", "测试单", ""),
            ("2", "2026-01-07", "咨询", "")]  # fmt: skip
    values = {"interaction": {"回访": "service", "测试单": "none"}}
    given = spec(desk.put("i.csv", tickets(*rows)), TICKETS, values=values)
    assert desk.rows("interactions", given)["interaction"].tolist() == ["service", "enquiry"]
    found = desk.one("interactions", given)
    aside = found.quarantine.execute()
    assert aside[["row", "rule", "cell_text"]].values.tolist() == [[2, "excluded_value", "测试单"]]


def test_constants_hold_for_every_row(desk):
    name = desk.put("i.csv", "c,t\n1,2026-01-05\n2,2026-01-06\n")
    columns = {"customer_id": "c", "date": "t"}
    given = spec(name, columns, constants={"interaction": "投诉", "channel": "门店"})
    found = desk.rows("interactions", given)
    assert found["interaction"].tolist() == ["complaint"] * 2
    assert found["channel"].tolist() == ["门店"] * 2


def test_what_happened_after_the_analysis_date_was_not_known(desk):
    rows = [("1", "2026-09-29", "投诉", "2026-10-02"), ("2", "2026-10-01", "投诉", ""),
            ("3", "2026-09-01", "投诉", "2026-08-01"), ("4", "2026-09-01", "投诉", "9999-12-31")]  # fmt: skip
    given = spec(desk.put("i.csv", tickets(*rows)), TICKETS)
    found = desk.one("interactions", given)
    assert found.table.count().execute() == 3
    assert found.table.closed.notnull().sum().execute() == 0
    repaired = found.ledger.set_index("rule")["rows_repaired"]
    assert repaired[repaired > 0].to_dict() == {
        "closed_later": 1, "closed_early": 1, "open_date": 1,
    }  # fmt: skip
    assert desk.gone("interactions", given) == {"after_analysis_date": 1}


def test_a_closing_without_a_clock_on_the_same_day_is_no_contradiction(desk):
    rows = [("1", "2026-05-18 10:30", "投诉", "2026-05-18"), ("2", "2026-05-18", "投诉", "2026-05-18"),
            ("3", "2026-05-18 10:30", "投诉", "2026-05-19"), ("4", "2026-05-18 10:30", "投诉", "2026-05-18 09:00")]  # fmt: skip
    found = desk.one("interactions", spec(desk.put("i.csv", tickets(*rows)), TICKETS))
    closed = found.table.order_by("row").execute()["closed"]
    assert closed.tolist()[:3] == [pd.Timestamp(t) for t in ("2026-05-18 10:30", "2026-05-18", "2026-05-19")]  # fmt: skip
    assert pd.isna(closed[3])
    repaired = found.ledger.set_index("rule")["rows_repaired"]
    assert repaired[repaired > 0].to_dict() == {"closed_early": 1, "closed_day": 1}


def test_contacts_of_a_campaign_of_one_day_are_merged_when_equal(desk):
    name = desk.put("m.csv", "c\n1\n2\n2\n")
    constants = {"campaign": "618", "date": "2026-06-10", "amount": "0.05", "responded": "否"}
    given = spec(name, {"customer_id": "c"}, constants=constants, separator=",")
    found = desk.rows("campaigns", given)
    assert found["customer_id"].tolist() == ["1", "2"]
    assert found["amount"].sum() == Decimal("0.10")
    assert not found["responded"].any()


def test_payments_fall_due_later_and_those_made_later_are_unpaid(desk):
    table = (
        "c,due,paid,sum\n1,2026-01-31,2026-02-01,100\n1,2026-02-28,,100\n"
        '1,2026-08-31,2026-10-05,"1,000.50"\n1,2026-12-31,0000-00-00,3\n,2026-01-31,,5\n'
    )
    columns = {"customer_id": "c", "due": "due", "paid": "paid", "amount": "sum"}
    found = desk.rows("payments", spec(desk.put("p.csv", table), columns))
    assert found["paid"].notna().tolist() == [True, False, False, False]
    assert found["amount"].sum() == Decimal("1203.5")
    assert found["due"].max() == pd.Timestamp("2026-12-31")


def test_an_end_that_cannot_be_read_is_not_a_contract_that_runs(desk):
    rows = "".join(f"{i},2024-01-01,,5.5\n" for i in range(200))
    table = f"c,s,e,fee\n{rows}201,2024-01-01,?,5\n202,2024-01-01,2999-12-31,5\n203,2024-05-01,2024-01-01,5\n"
    columns = {"customer_id": "c", "start": "s", "end": "e", "fee": "fee"}
    given = spec(desk.put("h.csv", table), columns)
    assert desk.gone("holdings", given) == {"unreadable_end": 1, "end_before_start": 1}
    found = desk.rows("holdings", given)
    assert len(found) == 201
    assert found["end"].isna().all()
    assert found["fee"].iloc[0] == Decimal("5.5")


def test_months_and_years_are_their_first_day_where_costs_and_benchmarks_have_them(desk):
    table = "m,k,sum\n2026-05,获客,1\n2026年6月,获客,1\n202607,获客,1\n2026/8/15,获客,1\n"
    columns = {"date": "m", "cost": "k", "amount": "sum"}
    found = desk.rows("costs", spec(desk.put("c.csv", table), columns))
    assert found["date"].dt.strftime("%m-%d").tolist() == ["05-01", "06-01", "07-01", "08-15"]
    table = "k,v,y\nchurn,12.5%,2025\nnps,45,2025-06\narpu,1.2万,2025\nshare,1.2E-05,\n"
    found = desk.rows(
        "benchmarks",
        spec(desk.put("b.csv", table), {"indicator": "k", "figure": "v", "date": "y"}),
    )
    assert found["figure"].tolist() == [0.125, 45, 12000, 1.2e-05]
    assert found["date"].dt.year.tolist()[:3] == [2025] * 3


def test_referrals_keep_numbers_as_they_are_and_nobody_recommends_to_himself(desk):
    table = "a,b\n 0001,0002 \n0003,0003\n,0004\n0005,\n"
    given = spec(desk.put("r.csv", table), {"customer_id": "a", "referred_id": "b"})
    found = desk.rows("referrals", given)
    assert found[["customer_id", "referred_id"]].values.tolist() == [["0001", "0002"]]
    assert desk.gone("referrals", given) == {
        "missing_customer": 1, "missing_referred": 1, "self_referral": 1,
    }  # fmt: skip


# --- surveys and judgements -----------------------------------------------------------------------


def test_a_wide_survey_gives_a_row_per_question(desk):
    table = "客户,日期,推荐,商品,意见\n1,2026-02-01,9,5,好\n2,2026-02-02,99,,差\n3,bad,0,1,\n"
    table += "".join(f"{i},2026-02-03,8,4,\n" for i in range(4, 300))
    columns = {**SCORES, "text": "意见"}
    questions = [{**NPS, "blank": [99]}, {**CSAT, "touchpoint": "商品"}]
    found = desk.rows("surveys", spec(desk.put("s.csv", table), columns, questions=questions))
    assert len(found) == 2 * 299
    first = found[found["row"] <= 3].fillna({"answer": -1, "text": ""})
    assert first[["question", "answer", "text"]].values.tolist() == [
        ["nps", 9, "好"], ["goods", 5, ""], ["nps", -1, "差"], ["goods", -1, ""],
        ["nps", 0, ""], ["goods", 1, ""],
    ]  # fmt: skip
    scale = found.groupby("question")[["scale_low", "scale_high"]].first()
    assert scale.loc["nps"].tolist() == [0, 10]
    assert scale.loc["goods"].tolist() == [1, 5]
    assert found["touchpoint"].dropna().unique().tolist() == ["商品"]
    assert (found["survey_weight"] == 1).all()
    assert found.loc[found["row"] == 3, "date"].isna().all()


def test_a_long_survey_gives_the_same_rows_as_a_wide_one(desk):
    wide = desk.put("w.csv", "客户,日期,推荐,商品\n1,2026-02-01,9,5\n2,2026-02-02,3,\n")
    long = desk.put(
        "l.csv",
        "客户,日期,问,答\n1,2026-02-01,nps,9\n1,2026-02-01,goods,5\n2,2026-02-02,nps,3\n"
        "2,2026-02-02,goods,\n",
    )
    names = ("question", "scale", "low", "high")
    questions = [{k: q[k] for k in names if k in q} for q in (NPS, CSAT)]
    columns = {**SCORES, "question": "问", "answer": "答"}
    shown = ["customer_id", "date", "question", "scale", "scale_low", "scale_high", "answer"]
    frames = [
        desk.rows("surveys", given)[shown]
        for given in (
            spec(wide, SCORES, questions=[NPS, CSAT]),
            spec(long, columns, questions=questions),
        )
    ]
    pd.testing.assert_frame_equal(*frames)
    alone = spec(desk.put("n.csv", "c,a\n1,9\n2,10\n"), {"customer_id": "c", "answer": "a"},
                 constants={"question": "推荐意愿"}, scale="nps")  # fmt: skip
    assert desk.rows("surveys", alone)["question"].tolist() == ["推荐意愿"] * 2


def test_words_have_points_and_weights_stand_as_they_are(desk):
    name = desk.put("s.csv", "c,a,w\n1,非常满意,0.2847177143\n2,满意,1.5\n3,4,0\n")
    columns = {"customer_id": "c", "answer": "a", "survey_weight": "w"}
    given = spec(name, columns, constants={"question": "服务"}, scale="csat", low=1, high=5,
                 values={"answer": {"非常满意": 5, "满意": 4}})  # fmt: skip
    found = desk.rows("surveys", given)
    assert found["answer"].tolist() == [5, 4, 4]
    assert found["survey_weight"].tolist() == [0.2847177143, 1.5, 0]


def test_a_row_with_a_weight_that_cannot_be_read_is_set_aside_not_given_one(desk):
    rows = "".join(f"{i},4,1.0\n" for i in range(200))
    name = desk.put("s.csv", f"c,a,w\n{rows}201,4,\n")
    columns = {"customer_id": "c", "answer": "a", "survey_weight": "w"}
    given = spec(name, columns, constants={"question": "q"}, scale="csat", low=1, high=5)
    assert desk.gone("surveys", given) == {"unreadable_weight": 1}


def test_recommendation_is_in_whole_points(desk):
    rows = "".join(f"{i},2026-02-01,8\n" for i in range(200))
    given = spec(desk.put("s.csv", f"客户,日期,推荐\n{rows}201,2026-02-01,8.5\n"), SCORES,
                 questions=[NPS])  # fmt: skip
    assert desk.gone("surveys", given) == {"out_of_scale": 1}
    found = desk.one("surveys", given)
    assert found.quarantine.execute()["cell_text"].tolist() == ["8.5"]


def test_wide_and_long_judgements_agree_and_a_blank_is_no_judgement(desk):
    wide = desk.put("w.csv", "c,tech,market,who,day\n1,5,,Wang,2026-10-05\n2,,,Li,2026-10-05\n"
                    + "3,3,4,Li,2026-10-05\n" * 1)  # fmt: skip
    columns = {"customer_id": "c", "author": "who", "date": "day"}
    criteria = [{"column": "tech", "criterion": "technology"},
                {"column": "market", "criterion": "market_position"}]  # fmt: skip
    given = spec(wide, columns, criteria=criteria, low=1, high=5)
    found = desk.rows("judgements", given)
    assert found[["customer_id", "criterion", "mark"]].values.tolist() == [
        ["1", "technology", 5], ["3", "technology", 3], ["3", "market_position", 4],
    ]  # fmt: skip
    assert desk.gone("judgements", given) == {"missing_mark": 1}
    long = desk.put("l.csv", "c,k,m,who,day\n1,technology,5,Wang,2026-10-05\n"
                    "3,technology,3,Li,2026-10-05\n3,market_position,4,Li,2026-10-05\n")  # fmt: skip
    other = desk.rows(
        "judgements", spec(long, {**columns, "criterion": "k", "mark": "m"}, low=1, high=5)
    )
    shown = ["customer_id", "criterion", "mark", "author", "date"]
    assert found[shown].values.tolist() == other[shown].values.tolist()


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_gives_the_same_rows(desk, code):
    text = tickets(("1", "2026-01-05", "投诉", ""), ("2", "2026年1月6日", "咨询", "2026-01-07"))
    expected = desk.rows("interactions", spec(desk.put("a.csv", text), TICKETS))
    found = desk.rows("interactions", spec(desk.put("b.csv", text.encode(code)), TICKETS))
    pd.testing.assert_frame_equal(found.drop(columns="source"), expected.drop(columns="source"))


def test_two_files_for_one_table_and_their_order(desk):
    rows = [("1", "2026-01-05", "投诉", ""), ("2", "2026-01-06", "咨询", "")]
    first = spec(desk.put("a.csv", tickets(*rows)), TICKETS)
    second = spec(desk.put("b.csv", tickets(rows[1], ("3", "2026-01-07", "建议", ""))), TICKETS)
    found = desk.rows("interactions", first, second)
    assert found[["source", "row"]].values.tolist() == [["a.csv", 1], ["a.csv", 2], ["b.csv", 2]]
    turned = desk.rows("interactions", second, first)
    shown = ["customer_id", "date", "interaction"]
    pd.testing.assert_frame_equal(
        found[shown].sort_values(shown, ignore_index=True),
        turned[shown].sort_values(shown, ignore_index=True),
    )
    assert len(desk.rows("interactions", first, second, duplicates="keep")) == 4


def test_equal_rows_without_a_date_are_two_records(desk):
    name = desk.put("h.csv", "c,product\n1,SIM\n1,SIM\n")
    found = desk.rows("holdings", spec(name, {"customer_id": "c", "product": "product"}))
    assert len(found) == 2


def test_without_other_tables_there_is_nothing(desk):
    assert desk.clean({}) == []


def test_answers_without_a_customer_are_each_an_answer(desk):
    name = desk.put("s.csv", "日期,推荐\n" + "2026-06-30,10\n" * 50 + "2026-06-30,9\n" * 30)
    given = spec(name, {"date": "日期"}, questions=[NPS])
    assert desk.gone("surveys", given) == {}
    assert len(desk.rows("surveys", given)) == 80
    fixed = spec(name, {}, questions=[NPS], constants={"date": "2026-06-30"})
    assert len(desk.rows("surveys", fixed)) == 80


def test_the_same_file_with_one_more_optional_column_is_refused(desk):
    name = desk.put("i.csv", "客户,时间,类型,话\n1,2026-01-05,投诉,坏了\n")
    columns = {"customer_id": "客户", "date": "时间", "interaction": "类型"}
    [said] = desk.problems(
        "interactions", spec(name, columns), spec(name, columns | {"text": "话"})
    )
    assert said.startswith("KH-D13")


def test_words_declared_with_wide_signs_are_found(desk):
    name = desk.put(
        "i.csv", tickets(("1", "2026-01-05", "重要投诉！", ""), ("1", "2026-01-06", "％；？", ""))
    )
    values = {"interaction": {"重要投诉！": "complaint", "％；？": "enquiry"}}
    rows = desk.rows("interactions", spec(name, TICKETS, values=values))
    assert rows["interaction"].tolist() == ["complaint", "enquiry"]


def test_years_out_of_bounds_are_unreadable_not_in_the_future(desk):
    name = desk.put("c.csv", "月份,获客\n240501,100\n240601,110\n2026-05,120\n")
    given = spec(name, {"date": "月份", "amount": "获客"}, constants={"cost": "acquisition"})
    assert desk.gone("costs", given, max_unreadable=1.0) == {"unreadable_date": 2}


def test_per_cents_are_points_of_the_scale(desk):
    name = desk.put(
        "s.csv", "客户,日期,商品\n1,2026-06-30,80%\n2,2026-06-30,90％\n3,2026-06-30,75\n"
    )
    question = CSAT | {"low": 0, "high": 100}
    rows = desk.rows("surveys", spec(name, SCORES, questions=[question]))
    assert rows["answer"].tolist() == [80.0, 90.0, 75.0]
