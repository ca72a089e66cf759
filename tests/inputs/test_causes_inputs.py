"""A causes file or labelled texts with mistakes: every one at once, with place and remedy."""

import shutil
from pathlib import Path

import pytest

from kehu.errors import KehuError
from kehu.params_journey import RULES, JourneyParams
from kehu.store import PROJECT
from kehu.voice import causes, labelled
from kehu.voice.journey_dates import stages

DEMO = PROJECT / "params" / "causes" / "demo.yml"


@pytest.fixture
def own(tmp_path) -> Path:
    return Path(shutil.copy(DEMO, tmp_path / "own.yml"))


def change(path: Path, *pairs: tuple[str, str]) -> None:
    """Replace the first occurrence of each text, which must be there."""
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def said(path: Path) -> list[str]:
    with pytest.raises(KehuError) as caught:
        causes.load(path)
    return [str(p) for p in caught.value.problems]


def line_of(path: Path, text: str) -> int:
    lines = path.read_text("utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if text in line)


def test_the_demo_s_file_is_valid(own) -> None:
    assert causes.load(own) == causes.load(DEMO)


def test_all_mistakes_at_once_with_their_lines(own) -> None:
    change(
        own, ("    category: process", "    category: proces"),
        ('    due: "2026-10-15"', '    due: "2026-02-30"'),
        ("    status: in_progress", "    status: doing"),
        ("    owner: 客服总监", "    ownr: 客服总监"),
        ("{zh: 图片与实物有色差, en: Photos differ from the goods}", "{zh: 图片与实物有色差}"),
    )  # fmt: skip
    found = said(own)
    lines = [int(p.split("own.yml:")[1].split(":")[0]) for p in found]
    assert lines == sorted(lines)
    assert all(p.startswith("KH-V01 ") for p in found)
    text = "\n".join(found)
    assert f"own.yml:{line_of(own, '    category: proces')}: category `proces` is not among" in text
    assert "Did you mean `process`?" in text
    assert "is no day of the calendar" in text
    assert "`five_whys.0.status: doing` is not allowed. Write 'open', 'in_progress'" in text
    assert "unknown name `five_whys.1.ownr`. Did you mean `owner`?" in text
    assert "`five_whys.1.owner` is missing." in text
    assert "cause.en` is missing. Each text stands in zh and en." in text


def test_too_few_answers_and_a_date_in_another_form(own) -> None:
    third = "      - {zh: 小额与大额走同一流程, en: Small and large sums follow the same path}\n"
    change(own, ('due: "2026-08-31"', 'due: "31.8.2026"'), (third, ""))
    few, date = said(own)
    assert "`five_whys.2.whys` has 2 entries. Write three to five answers." in few
    assert '`five_whys.2.due: 31.8.2026` is no date. Write it as "2026-12-31".' in date


def test_a_misspelt_name_within_a_cause(own) -> None:
    change(own, ("        topics: [客服]", "        topic: [客服]"))
    [problem] = said(own)
    assert "unknown name `categories.people.causes.0.topic`. Did you mean `topics`?" in problem


def test_text_where_a_list_belongs_and_a_file_that_is_none(own, tmp_path) -> None:
    change(own, ("topics: [客服]", "topics: 客服"))
    [problem] = said(own)
    assert "must be a list of `- ` lines, and is str `客服`" in problem
    (tmp_path / "empty.yml").write_text("problem: {}\n", "utf-8")
    assert len(said(tmp_path / "empty.yml")) == 3
    assert said(tmp_path / "none.yml")[0].startswith("KH-P01")


# --- labelled texts -------------------------------------------------------------------------------

SPEC = {"text": "text", "label": "label", "good": "1", "bad": "0", "encoding": "utf-8"}


def wrong(path: Path, **other: str) -> list[str]:
    with pytest.raises(KehuError) as caught:
        labelled.read(path, {**SPEC, **other})
    return [str(p) for p in caught.value.problems]


def test_labelled_texts_are_read_and_others_left_aside(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("text,label\n好,1\n坏,0\n一般,2\n,1\n", "utf-8")
    assert labelled.read(path, SPEC) == labelled.Labelled(("好", "坏"), (1, 0))
    path.write_bytes("text,label\n好,1\n坏,0\n".encode("gb18030"))
    assert labelled.read(path, {**SPEC, "encoding": "gb18030"}).texts == ("好", "坏")


def test_wrong_labelled_texts(tmp_path) -> None:
    path = tmp_path / "t.csv"
    assert wrong(path)[0].startswith("KH-D01 sentiment_training: there is no file t.csv.")
    path.write_text("review,label\n好,1\n", "utf-8")
    [one, two] = wrong(path, label="mark")
    assert one == "KH-D04 t.csv: there is no column `text`. Columns: review, label."
    assert "no column `mark`" in two
    path.write_text("text,label\n好,good\n坏,0\n", "utf-8")
    assert "no row bears the label `1`. Labels of the file: 0 (1), good (1)." in wrong(path)[0]
    path.write_bytes("text,label\n好,1\n".encode("gb18030"))
    assert wrong(path)[0].startswith("KH-D03 t.csv: is no CSV file in utf-8")


# --- stages of the journey ------------------------------------------------------------------------


def broken(given) -> list[str]:
    return [message for _, rule, message in RULES if rule(given)]


def test_the_built_in_stages_and_the_defaults_keep_the_rules() -> None:
    listed = [{k: v for k, v in s.items() if v or k == "optional"} for s in stages()]
    assert JourneyParams(journey_stages=listed).journey_stages
    assert broken(stages()) == []
    assert broken([]) == []


def test_stages_that_contradict_each_other() -> None:
    one = {"code": "a", "zh": "甲", "en": "A", "orders": 1, "touchpoints": ["物流"]}
    assert broken([one, one]) == [RULES[0][2], RULES[2][2]]
    assert broken([one, {**one, "code": "b", "orders": None, "touchpoints": []}]) == [RULES[1][2]]
    last = {**one, "code": "b", "touchpoints": [], "optional": True}
    assert broken([one, last]) == [RULES[3][2]]
