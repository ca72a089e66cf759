"""Wrong weights and judgements: what is said, all at once, and what to do."""

# ruff: noqa: E501 (one case a line)

import builtins
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kehu.errors import KehuError
from kehu.params_check import check_values
from kehu.params_weights import CRITERIA
from kehu.score import ahp, rank, stability, weights
from kehu.score.ahp_form import AhpForm
from kehu.score.criteria import complete
from kehu.score.weight_methods import combined, critic, entropy, manual

NAMES = ("value", "loyalty", "potential")


def said(call: Any, *arguments: Any, **options: Any) -> list[str]:
    with pytest.raises(KehuError) as error:
        call(*arguments, **options)
    return [str(p) for p in error.value.problems]


def indices(rows: Any) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[f"{c}_index" for c in CRITERIA], dtype=float)
    return frame.assign(customer_id=[f"{i:02d}" for i in range(len(frame))])


SOME = indices(np.arange(30).reshape(5, 6))

# --- judgements -------------------------------------------------------------------------------


def test_all_that_is_wrong_with_judgements_is_said_at_once() -> None:
    found = said(
        ahp.judged,
        {
            "value/loyalty": 5, "loyalty/value": 3, "potenial/value": 4, "value/value": 2,
            "value": 2, "value/loyalty/potential": 2, "influence/strategic": 12,
        },
    )  # fmt: skip
    assert all(text.startswith("KH-P05 weights.judgements: ") for text in found)
    expected = [
        "`potenial/value` names the unknown criterion `potenial`. Did you mean `potential`? Crit",
        "`value/value` is not a pair of two criteria. Write pairs as `value/loyalty: 3`",
        "`value` is not a pair",
        "`value/loyalty/potential` is not a pair",
        "`influence/strategic: 12` lies outside 1/9…9.",
        "pairs given in both directions: value/loyalty. Keep one of the two.",
        "4 of 6 pairs are not judged: value/influence, value/strategic, loyalty/influence, loy",
    ]
    assert len(found) == len(expected)
    for text, part in zip(found, expected, strict=True):
        assert part in text


@pytest.mark.parametrize(
    ("matrix", "parts"),
    [
        ([[1, 2, 3], [1 / 2, 1, 1]], ["the matrix is 2 x 3, for 3 criteria; it must be n x n"]),
        (
            [[1, 2, 3], [1 / 2, 1, -1], [1 / 3, 0, 1]],
            ["2 of 9 entries are not numbers above 0 (loyalty/potential is -1, potential/loyalty"],
        ),
        (
            [[1, 10, 3], [1 / 10, 1, 2], [1 / 2, 1 / 2, 1]],
            [
                "2 of 9 entries lie outside 1/9…9 (value/loyalty is 10, loyalty/value is 0.1)",
                "1 of 6 pairs are not the reverse of each other (value/potential is 3, potential",
            ],
        ),
        (
            [[2, 1, 1], [1, 1, np.nan], [1, 20, 1]],
            ["1 of 9 entries are not", "1 of 9 entries lie outside", "1 of 6 pairs are not the re"],
        ),
        ([[1, 3, 3], [0.33, 1, 1], [0.33, 1, 1]], ["2 of 6 pairs are not the reverse"]),
    ],
)
def test_all_that_is_wrong_with_a_matrix_is_said_at_once(matrix, parts) -> None:
    found = said(ahp.compare, matrix, NAMES)
    assert len(found) == len(parts)
    for text, part in zip(found, parts, strict=True):
        assert text.startswith("KH-P05 weights.judgements: ")
        assert part in text


def test_more_than_ten_criteria_are_refused() -> None:
    [text] = said(ahp.compare, np.ones((11, 11)), [str(i) for i in range(11)])
    assert "of 1 to 10 criteria" in text


def test_judgements_that_contradict_are_refused_with_the_three_to_think_over() -> None:
    """Value over loyalty over potential, and potential over value: changing any one heals it."""
    [text] = said(ahp.judged, {"value/loyalty": 3, "loyalty/potential": 2, "potential/value": 1})
    assert text == (
        "KH-P06 weights.judgements: the judgements contradict each other: consistency ratio "
        "0.317, above 0.10. "
        "`value/loyalty: 3`, the other judgements imply 1/2; with 1/2 the ratio is 0.000. "
        "`value/potential: 1`, the other judgements imply 6; with 6 the ratio is 0.000. "
        "`loyalty/potential: 2`, the other judgements imply 1/3; with 1/3 the ratio is 0.000."
    )


def test_of_many_judgements_the_worst_three_are_named_in_their_order() -> None:
    w = np.array([8, 4, 4, 2, 1.0])
    matrix = w[:, None] / w[None, :]
    matrix[0, 4], matrix[4, 0] = 1 / 9, 9
    [text] = said(ahp.refuse_inconsistent, ahp.compare(matrix, CRITERIA[:5]))
    assert text.count("the other judgements imply") == 3
    assert "`value/influence: 1/9`, the other judgements imply 8; with 8 the ratio is 0.0" in text
    assert text.index("value/influence") < text.index("with 8") < text.rindex("imply")


def test_a_ratio_of_just_ten_per_cent_passes() -> None:
    def ratio(x: float) -> float:
        return ahp.compare([[1, 2, x], [1 / 2, 1, 2], [1 / x, 1 / 2, 1]], NAMES).consistency_ratio

    low, high = 4.0, 9.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if ratio(middle) <= 0.1 else (low, middle)
    judgements = {"value/loyalty": 2, "loyalty/potential": 2}
    assert ahp.judged(judgements | {"value/potential": low - 1e-9}).consistent
    said(ahp.judged, judgements | {"value/potential": high + 1e-6})


def test_check_refuses_before_any_data_is_read() -> None:
    weights.check({"method": "manual", "judgements": None})
    weights.check({"judgements": {"value/loyalty": 3}})
    assert "KH-P06" in said(
        weights.check, {"judgements": {"value/loyalty": 9, "loyalty/potential": 9,
                                       "value/potential": 1 / 9}}
    )[0]  # fmt: skip


# --- parameters -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "code", "part"),
    [
        ({"judgements": {"value/loyalty": 12}}, "KH-P05", "`weights.judgements.value/loyalty: 12` is not allowed: write a number from 1 to 9, or the reverse, 1/2 to 1/9."),
        ({"judgements": {"value/loyalty": "1/12"}}, "KH-P04", "must be a number, and is text `1/12`"),
        ({"judgements": {"value/loyalty": 0}}, "KH-P05", "write a number from 1 to 9"),
        ({"judgements": {"value/loyalty": None}}, "KH-P04", "is empty"),
        ({"judgements": {"value/loyalty": {"x": 1}}}, "KH-P04", "must be a number"),
        ({"manual": {"valu": 1}}, "KH-P02", "unknown parameter `valu` in `weights.manual`. Did you mean `value`?"),
        ({"manual": {"value": -1}}, "KH-P05", "it must be at least 0"),
        ({"manual": {"value": 0}}, "KH-P06", "`weights.manual` must give one criterion a weight above 0"),
        ({"method": "AHP"}, "KH-P05", "use one of manual, ahp, entropy, critic, combined. Did you mean `ahp`?"),
        ({"method": "ahp"}, "KH-P06", "needs `weights.judgements`"),
        ({"method": "combined", "subjective": "ahp"}, "KH-P06", "needs `weights.judgements`"),
        ({"aggregate": "sum"}, "KH-P05", "use one of weighted_sum, topsis"),
        ({"methd": "ahp"}, "KH-P02", "Did you mean `method`?"),
        (["ahp"], "KH-P04", "`weights` must be `name: value` lines"),
    ],
)  # fmt: skip
def test_parameters_that_cannot_be(given, code, part) -> None:
    [text] = said(check_values, {"weights": given}, "25_score.ipynb")
    assert text.startswith(f"{code} 25_score.ipynb: ")
    assert part in text


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"method": "ahp", "judgements": {"value/loyalty": "1/3"}},
        {"method": "combined", "objective": "entropy"},
        {"method": "critic", "manual": {"value": 0}},
        {"manual": {"value": 3, "loyalty": 1.5}},
    ],
)
def test_parameters_that_are_right(given) -> None:
    check_values({"weights": given}, "25_score.ipynb")


# --- data -------------------------------------------------------------------------------------


def test_data_methods_need_customers_that_differ() -> None:
    for method in ("entropy", "critic", "combined"):
        [text] = said(weights.derive, indices([[5.0] * 6] * 3), {"method": method})
        assert text == (
            "KH-D11 indices: all 3 customers are equal in every criterion: data give no weights. "
            "Set `weights.method` to manual or ahp."
        )
    for method in (entropy, critic):
        assert "all 1 customers" in said(method, [[1.0, 2.0]])[0]


def test_weight_only_where_there_are_no_data() -> None:
    frame = SOME.assign(satisfaction_index=np.nan)
    [text] = said(weights.derive, frame, {"manual": {"satisfaction": 1}})
    assert text.startswith("KH-P06 weights: no criterion that has data is given a weight above 0.")
    frame = SOME.assign(satisfaction_index=np.nan, influence_index=np.nan)
    judged = {"method": "ahp", "judgements": {"satisfaction/influence": 3}}
    [text] = said(weights.derive, frame, judged)
    assert text.startswith("KH-P06 weights: no criterion that has data is judged in pairs.")
    found = weights.derive(frame, {**judged, "method": "manual"})
    assert "ahp" not in set(found.table["weighting"])


def test_judgement_and_data_that_share_no_criterion() -> None:
    frame = SOME.assign(value_index=50.0)
    how = {"method": "combined", "manual": {"value": 1}}
    [text] = said(weights.derive, frame, how)
    assert "the criteria judged important are those that tell nobody apart" in text
    assert "combined" not in set(
        weights.derive(frame, {**how, "method": "critic"}).table["weighting"]
    )
    assert "KH-P06" in said(combined, [1, 0], [0, 1])[0]


def test_no_customers_and_no_values() -> None:
    blank = indices([[np.nan] * 6] * 4)
    for frame, words in ((SOME.head(0), "none of 0 customers"), (blank, "none of 4 customers")):
        for call in (complete, lambda f: weights.derive(f, {})):
            [text] = said(call, frame)
            assert text.startswith(f"KH-D11 indices: {words} has a value in any criterion.")


# --- mistakes of calling code -----------------------------------------------------------------


def test_calls_that_cannot_be() -> None:
    found = weights.derive(SOME, {})
    wrong: list[tuple[str, Any]] = [
        ("lack the columns value_index", lambda: complete(SOME.drop(columns="value_index"))),
        ("between 0 and 100", lambda: complete(SOME.assign(value_index=101.0))),
        ("between 0 and 100", lambda: complete(SOME.assign(value_index=-0.1))),
        ("without blanks", lambda: critic([[1.0, np.nan], [2.0, 1.0]])),
        ("without blanks", lambda: entropy([1.0, 2.0])),
        ("0 or more", lambda: entropy([[1.0, -1.0], [2.0, 1.0]])),
        ("0 or more", lambda: manual([1.0, -1.0])),
        ("0 or more", lambda: manual([1.0, np.nan])),
        ("one of weighted_sum, topsis", lambda: rank.assess(SOME, found, "product")),
        ("without blanks", lambda: rank.topsis([[np.nan, 1.0]])),
        ("2 criteria need as many weights", lambda: rank.weighted_sum([[1.0, 2.0]])([1.0])),
        ("above 0", lambda: stability.assess(SOME, found, seed=1, draws=0)),
        ("above 0", lambda: stability.assess(SOME, found, seed=1, concentration=0)),
        ("Input should be", lambda: weights.derive(SOME, {"method": "delphi"})),
        ("two or more of value", lambda: AhpForm("zh", ["value"])),
        ("two or more of value", lambda: AhpForm("zh", ["value", "price"])),
    ]
    for message, call in wrong:
        with pytest.raises(ValueError, match=message):
            call()


def test_the_form_refuses_judgements_it_cannot_read() -> None:
    [text] = said(AhpForm, "zh", NAMES, {"value/price": 3})
    assert "unknown criterion `price`" in text


def test_without_ipywidgets_the_form_says_what_to_install(monkeypatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "ipywidgets":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    [text] = said(AhpForm, "zh", NAMES)
    assert text.startswith("KH-R03 ahp_form: ipywidgets is not installed")
    assert 'pip install "ipywidgets>=8,<9"' in text
