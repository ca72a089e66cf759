"""An RFM rule table with gaps, overlaps or mistakes: every one at once, with line and remedy."""

import shutil
from pathlib import Path

import pytest

from kehu.errors import KehuError
from kehu.segments import rule_check, rule_set

ELEVEN = rule_set.chosen("eleven", Path())


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return Path(shutil.copy(ELEVEN, tmp_path / "own.yml"))


def said(path: Path, *pairs: tuple[str, str]) -> list[str]:
    """Replace the first occurrence of each text, which must be there, and read what is said."""
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KehuError) as caught:
        rule_check.load(path)
    return [str(p) for p in caught.value.problems]


def line_of(path: Path, text: str) -> int:
    lines = path.read_text("utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize("name", rule_set.BUILT_IN)
def test_the_tables_of_the_kit_are_sound(name: str) -> None:
    rules = rule_check.load(rule_set.chosen(name, Path()))
    assert all(len(keys) == 1 for keys in rules.claims().values())
    for segment in rules.segments.values():
        assert segment.shopify
        assert segment.klaviyo


def test_an_own_table_is_found_beside_the_params_file(own: Path) -> None:
    assert rule_set.chosen("own.yml", own.parent) == own.resolve()
    assert rule_check.load(own) == rule_check.load(ELEVEN)
    with pytest.raises(KehuError, match=r"KH-P01 .*: there is no such file"):
        rule_check.load(own.parent / "other.yml")


def test_a_gap_is_told_with_its_codes(own: Path) -> None:
    (problem,) = said(own, ("[{r: 3, f: 3}]", "[{r: 3, f: 3, m: [1, 4]}]"))
    assert problem == (
        f"KH-G01 own.yml:{line_of(own, 'segments:')}: 1 of 125 codes are in no segment: R3 F3 M5. "
        "Add them to a segment."
    )


def test_an_overlap_is_told_with_both_segments(own: Path) -> None:
    (problem,) = said(own, ("[{r: 5, f: 1}]", "[{r: 5, f: [1, 2]}]"))
    assert "5 of 125 codes are in potential_loyal and new: R5 F2 M1, R5 F2 M2, " in problem
    assert "Take them out of all but one." in problem


def test_many_codes_are_counted_and_a_segment_that_takes_none_of_its_own(own: Path) -> None:
    gap, empty, overlap = said(own, ("[{r: 1, f: [1, 2]}]", "[{r: 2, f: 1}]"))
    assert "10 of 125 codes are in no segment: R1 F1 M1, " in gap
    assert " and 4 more." in gap
    assert "5 of 125 codes are in hibernating and lost" in overlap
    assert "segment `lost` has no code of its own: nobody could fall in." in empty


def test_scores_among_levels(own: Path) -> None:
    shutil.copy(rule_set.chosen("classical", Path()), own)
    (problem,) = said(own, ("{r: low, f: high, m: low}", "{r: [1, 2], f: high, m: low}"))
    assert f"own.yml:{line_of(own, 'r: [1, 2]')}: `regular_keep` gives a score for r" in problem
    assert "Use one of the two throughout." in problem


@pytest.mark.parametrize("wrong", ["[5, 4]", "6", "[1, 2, 3]", "yes", '"3"', "best", "[]"])
def test_a_side_that_is_no_score(own: Path, wrong: str) -> None:
    (problem,) = said(own, ("[{r: 3, f: 3}]", f"[{{r: 3, f: {wrong}}}]"))
    assert "`segments.need_attention.when.0.f: " in problem
    assert "is not allowed: write a score 1 to 5, two of them as [4, 5], or `high` or" in problem


def test_misspelt_names_missing_words_and_unknown_relatives(own: Path) -> None:
    found = said(
        own,
        ("{zh: 冠军客户, en: Champions}", "{zh: 冠军客户}"),
        ("    action: {zh: 升级权益", "    acton: {zh: 升级权益"),
        ("shopify: previously_loyal", "shopify: ex_loyal"),
        ("{r: 5, f: 1}", "{q: 5, f: 1}"),
        ("zh: 有望客户", 'zh: ""'),
    )
    text = "\n".join(found)
    assert "`segments.champions.name.en` is missing." in text
    assert "unknown name `segments.loyal.acton`. Did you mean `action`?" in text
    assert "`segments.cannot_lose.shopify: ex_loyal` is not allowed" in text
    assert "unknown name `segments.new.when.0.q`. Known: r, f, m." in text
    assert "`segments.promising.name.zh` is empty." in text
    assert all(p.startswith("KH-G01 own.yml:") for p in found)


def test_an_unknown_section(own: Path) -> None:
    assert any("unknown name `segment`. Did you mean `segments`?" in p
               for p in said(own, ("segments:", "segment:")))  # fmt: skip
