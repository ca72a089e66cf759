"""`kehu init`: files become params that pass the check, or say what is left to decide."""

import zipfile

import pytest
import yaml

from kehu import starter
from kehu.cases import demo_shop
from kehu.errors import KehuError
from kehu.params_check import load_params
from kehu.prepare import sources


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    demo_shop.generate(folder, customers=300, seed=5)
    return folder


def written(shop, tmp_path, *more):
    files = sorted(p for p in shop.iterdir() if p.is_file() and p.suffix != ".json")
    target, notes = starter.write([*files, *more], "acme", tmp_path / "acme.yml")
    return target, notes, target.read_text(encoding="utf-8")


def test_every_file_of_the_demo_shop_is_recognised(shop, tmp_path):
    _, notes, text = written(shop, tmp_path)
    loaded = yaml.safe_load(text)["sources"]
    assert {table: len(listed) for table, listed in loaded.items()} == {
        "transactions": 2, "customers": 1, "interactions": 2, "surveys": 1, "referrals": 1,
        "costs": 1, "campaigns": 1, "benchmarks": 1, "judgements": 1,
    }  # fmt: skip
    assert not any("not recognised" in note for note in notes)
    [survey], [marks] = loaded["surveys"], loaded["judgements"]
    assert [q["scale"] for q in survey["questions"]] == ["nps", *["csat"] * 4]
    assert survey["questions"][1] == {
        "column": "商品满意度", "question": "商品满意度", "scale": "csat", "low": 1, "high": 5,
        "blank": [99],
    }  # fmt: skip
    assert {c["criterion"] for c in marks["criteria"]} == {
        "market_position", "technology", "reference_value",
    }  # fmt: skip
    assert (marks["low"], marks["high"]) == (1, 5)


def test_only_the_word_that_nobody_knows_is_left_to_decide(shop, tmp_path):
    target, notes, text = written(shop, tmp_path)
    assert "  say what these words mean: 平台佣金及其他" in notes
    with pytest.raises(KehuError) as caught:
        load_params(target)
    [problem] = caught.value.problems
    assert "`sources.costs[1].values.cost.平台佣金及其他: ?` is not allowed" in str(problem)
    target.write_text(text.replace('"平台佣金及其他": "?"', '"平台佣金及其他": other'), "utf-8")
    file = load_params(target)
    assert sources.problems(sources.listed(file.params.sources, target.parent)) == []


def test_what_is_not_recognised_is_said_and_left_out(shop, tmp_path):
    stock = tmp_path / "stock.csv"
    stock.write_text("仓库,库存\nA,5\n", encoding="utf-8")
    _, notes, text = written(shop, tmp_path, stock)
    assert "stock.csv: not recognised and left out; its columns: 仓库, 库存" in notes
    assert "# left out, not recognised 未识别，未使用: stock.csv" in text
    assert "stock.csv" not in str(yaml.safe_load(text))


def test_files_without_purchases_are_written_and_refused_by_the_check(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text("客户号,问题,答案\n1,推荐意愿,9\n2,推荐意愿,10\n", encoding="utf-8")
    target, notes = starter.write([path], "acme", tmp_path / "acme.yml")
    assert any("none of the files holds purchases" in note for note in notes)
    assert 'scale: "?"  # choose: nps (0 to 10) | csat | ces | other' in target.read_text("utf-8")
    with pytest.raises(KehuError) as caught:
        load_params(target)
    told = " ".join(str(p) for p in caught.value.problems)
    assert "`sources.transactions` is missing" in told
    assert "`sources.surveys[1].scale: ?` is not allowed" in told


def test_init_looks_into_archives_and_finds_where_time_is_counted(tmp_path):
    orders = "订单报表,,\n会员号,下单时间,实付金额\n1,1715961600000,10.00\n2,1716048000000,20.00\n"
    members = "会员号,姓名,城市\n1,张三,北京\n2,李四,上海\n"
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("订单.csv", orders)
        archive.writestr("会员.csv", members)
    target, notes = starter.write([tmp_path / "export.zip"], "acme", tmp_path / "acme.yml")
    written = target.read_text(encoding="utf-8")
    assert 'path: "export.zip/订单.csv"' in written
    assert 'timezone: "Asia/Shanghai"' in written
    assert 'analysis_date: "2024-05-19"' in written
    assert sources.problems(sources.listed(load_params(target).params.sources, tmp_path)) == []
    assert notes[1].startswith("订单.csv: transactions") or notes[0].startswith("会员.csv")
