"""A playbook with gaps or mistakes: every one at once, with its line and what to do."""

import shutil
from pathlib import Path

import pytest

from kehu.actions import playbook
from kehu.errors import KehuError
from kehu.tables import column

GENERAL = playbook.built_in("general")
SEGMENTS = column("rfm_segment").isin or ()


@pytest.fixture
def own(tmp_path) -> Path:
    return Path(shutil.copy(GENERAL, tmp_path / "own.yml"))


def change(path: Path, *pairs: tuple[str, str]) -> None:
    """Replace the first occurrence of each text, which must be there."""
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def said(path: Path) -> list[str]:
    with pytest.raises(KehuError) as caught:
        playbook.load(path)
    return [str(p) for p in caught.value.problems]


def line_of(path: Path, text: str) -> int:
    lines = path.read_text("utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize("path", sorted(GENERAL.parent.glob("*.yml")), ids=lambda p: p.stem)
def test_built_in_playbooks_serve_every_segment_in_both_languages(path) -> None:
    book = playbook.load(path)
    assert set(book.strategies) == set(SEGMENTS)
    table = book.table().set_index("rfm_segment")
    assert sorted(table.index) == sorted(SEGMENTS)
    for kind in ("action", "channel", "owner"):
        for code in table[kind]:
            words = book.words(f"{kind}s", code)
            assert words.zh
            assert words.en
    used = {kind: set(table[kind]) for kind in ("action", "channel", "owner")}
    assert set(book.actions) - used["action"] == set()
    assert set(book.channels) - used["channel"] == set()
    assert set(book.owners) - used["owner"] == set()


def test_which_playbook_is_used(tmp_path) -> None:
    assert playbook.built_in("ecommerce").name == "ecommerce.yml"
    assert playbook.built_in("bank") == GENERAL
    assert playbook.chosen("bank", None, tmp_path) == GENERAL
    assert playbook.chosen("bank", "../own.yml", tmp_path / "a") == (tmp_path / "own.yml").resolve()


def test_an_unchanged_copy_is_valid(own) -> None:
    assert playbook.load(own) == playbook.load(GENERAL)


def test_a_missing_and_a_misspelt_segment(own) -> None:
    change(own, ("  win_back:\n", "  winback:\n"))
    first, second = said(own)
    assert first.startswith(f"KH-B01 own.yml:{line_of(own, 'strategies:')}:")
    assert "1 of 8 segments have no strategy: win_back." in first
    assert second.startswith(f"KH-B01 own.yml:{line_of(own, '  winback:')}: no segment `winback`.")
    assert "Did you mean `win_back`?" in second


def test_an_undefined_code(own) -> None:
    change(own, ("    owner: customer_care", "    owner: customer_car"))
    (problem,) = said(own)
    line = line_of(own, "owner: customer_car")
    assert problem.startswith(
        f"KH-B01 own.yml:{line}: owner `customer_car` is not defined under `owners`. "
        "Did you mean `customer_care`?"
    )


def test_a_missing_language(own) -> None:
    change(own, ("{zh: 电话回访, en: phone call}", "{zh: 电话回访}"))
    (problem,) = said(own)
    line = line_of(own, "电话回访")
    assert problem.startswith(f"KH-B01 own.yml:{line}: `channels.phone.en` is missing.")


def test_an_empty_text(own) -> None:
    change(own, ("{zh: 电话回访, en: phone call}", '{zh: 电话回访, en: ""}'))
    assert "`channels.phone.en` is empty." in said(own)[0]


def test_a_misspelt_key(own) -> None:
    change(own, ("    contact_days: 14", "    contact_day: 14"))
    missing, unknown = said(own)
    assert "`strategies.win_back.contact_days` is missing." in missing
    assert unknown.startswith(f"KH-B01 own.yml:{line_of(own, 'contact_day: 14')}: unknown name")
    assert "Did you mean `contact_days`?" in unknown


def test_misspelt_names_elsewhere(own) -> None:
    change(own, ("channels:", "chanels:"), ("service: {zh:", "service: {cn:"))
    problems = said(own)
    assert any("unknown name `chanels`. Did you mean `channels`?" in p for p in problems)
    assert any("`channels` is missing." in p for p in problems)
    assert any("unknown name `strategies.champion.service.cn`." in p for p in problems)
    assert any("`strategies.champion.service.zh` is missing." in p for p in problems)
    assert len(problems) == 4


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("contact_days: 14", 'contact_days: "14"', "must be a whole number, and is str `14`"),
        ("contact_days: 14", "contact_days: true", "must be a whole number, and is bool `True`"),
        ("contact_days: 14", "contact_days: 0", "contact_days: 0` is not allowed: input should be"),
        ("contact_days: 14", "contact_days: 9999", "less than or equal to 730"),
        ("en: phone call", "en: no", "`channels.phone.en` must be text, and is bool `False`"),
        ("    owner: customer_care", "    owner: [customer_care]", "must be text, and is list"),
        ("owners:\n", "owners: none\nbureaus:\n", "`owners` must be `name: value` lines"),
        ("    owner: customer_care", "    owner: customer_care\n    owner: marketing",
         "`owner` is given twice"),
    ],
)  # fmt: skip
def test_values_of_the_wrong_kind(own, old, new, expected) -> None:
    change(own, (old, new))
    assert any(expected in problem for problem in said(own)), said(own)


def test_a_strategy_that_is_none(own) -> None:
    change(own, ("  win_back:\n", "  win_back: later\n  champions:\n"))
    problems = said(own)
    assert any("`strategies.win_back` must be `name: value` lines, and is str" in p
               for p in problems)  # fmt: skip
    assert any("no segment `champions`. Did you mean `champion`?" in p for p in problems)


def test_no_strategies_at_all(own) -> None:
    text = own.read_text("utf-8")
    own.write_text(text[: text.index("strategies:")] + "strategies: []\n", encoding="utf-8")
    found = said(own)
    assert any("`strategies` must be `name: value` lines, and is list" in p for p in found)
    assert any("`slipping` is missing" in p for p in found)


def test_all_mistakes_at_once_in_the_order_of_their_lines(own) -> None:
    change(
        own,
        ("{zh: 电话回访, en: phone call}", "{zh: 电话回访}"),
        ("action: reward", "action: rewards"),
        ("    contact_days: 21", "    contact_day: 21"),
        ("  regular_win_back:", "  regular_winback:"),
    )
    problems = said(own)
    codes = [p.split(" ", 1)[0] for p in problems]
    lines = [int(p.split(":", 2)[1]) for p in problems]
    assert set(codes) == {"KH-B01"}
    assert lines == sorted(lines)
    assert len(problems) == 6
    text = "\n".join(problems)
    for expected in ("channels.phone.en", "1 of 8", "`rewards`", "contact_days` is missing",
                     "keep.contact_day`", "`regular_winback`"):  # fmt: skip
        assert expected in text


def test_a_playbook_that_is_not_there(tmp_path) -> None:
    (tmp_path / "mine.yml").write_text("a: 1\n", encoding="utf-8")
    (problem,) = said(tmp_path / "my.yml")
    assert problem.startswith("KH-P01")
    assert "mine.yml" in problem
