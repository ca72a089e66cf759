"""Words, topics, key terms, sentiment and quotes of texts: laws, planted truth, planted names."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.voice_client import END, nothing, put, surveys

from kehu import tables
from kehu.i18n import Translator
from kehu.report import charts_topics, listings_topics
from kehu.report.show import Card
from kehu.report.style import house_style
from kehu.voice import text, topics
from kehu.voice.corpus import corpus, tones
from kehu.voice.facts_text import text_facts
from kehu.voice.key_terms import key_terms, log_odds
from kehu.voice.quotes import LONGEST, Mask, shortened
from kehu.voice.sentiment import LEAST_OF_CLASS, Labelled, accuracy, sentiment
from kehu.voice.story_text import story
from kehu.voice.topic_model import chosen, fit

needs_words = pytest.mark.skipif(not text.available(), reason="the extra `text` is not installed")

# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "language"),
    [("房间很干净", "zh"), ("買了 iPhone 手機", "zh"), ("Good quality.", "en"), ("12345 !!", ""),
     ("", ""), ("the 好 of this shop is good", "en")],
)  # fmt: skip
def test_the_language_of_a_text_is_told_by_its_letters(written: str, language: str) -> None:
    assert text.language_of(written) == language


@needs_words
def test_chinese_words_are_those_of_a_topic_in_simplified_characters() -> None:
    cut = text.words(["房間很乾淨，服務態度好！", "一个", "买了2个ＡＢＣ手机"], "zh")
    assert cut == [["房间", "干净", "服务态度"], [], ["abc", "手机"]]


@needs_words
def test_the_clients_own_words_stay_whole_and_leave_no_trace() -> None:
    line = ["明前龙井礼盒坏了"]
    before = text.words(line, "zh")
    assert text.words(line, "zh", known=["明前龙井礼盒"]) == [["明前龙井礼盒"]]
    assert text.words(line, "zh") == before != [["明前龙井礼盒"]]


def test_english_words_without_numbers_and_function_words() -> None:
    assert text.words(["Delivery took 5 DAYS, and it broke"], "en") == [
        ["delivery", "took", "days", "broke"]
    ]
    assert text.words(["late parcel"], "en", skipped=["Parcel"]) == [["late"]]
    with pytest.raises(ValueError, match="language"):
        text.words([], "fr")


# --- topics ---------------------------------------------------------------------------------------

THEMES = {name: [f"{name}{c}" for c in "abcdefghijkl"] for name in ("fast", "cheap", "kind")}


def planted(n: int = 240, seed: int = 3) -> tuple[list[list[str]], list[str]]:
    """Texts of three themes with four words of their own each, in canonical order."""
    rng = np.random.default_rng(seed)
    names = list(THEMES)
    made = [(list(rng.choice(THEMES[names[i % 3]], 4, replace=False)), names[i % 3])
            for i in range(n)]  # fmt: skip
    made.sort()
    return [words for words, _ in made], [name for _, name in made]


def test_planted_topics_are_found_again() -> None:
    words, truth = planted()
    found = fit(words, 6, 1)
    assert found is not None
    assert 3 <= len(found.terms) <= 6
    table = pd.crosstab(pd.Series(found.topic), pd.Series(truth))
    assert (table.max(axis=1) / table.sum(axis=1)).min() > 0.95
    for terms in found.terms:
        assert any(set(terms[:5]) <= set(own) for own in THEMES.values())
    sizes = np.bincount(found.topic[found.topic >= 0])
    assert (np.diff(sizes) <= 0).all(), "the largest first"


def test_a_recorded_tag_joins_texts_that_share_no_words() -> None:
    words, truth = planted()
    halves = [line[:1] if len(set(line) & set(THEMES[t][:6])) > 2 else line[3:]
              for line, t in zip(words, truth, strict=True)]  # fmt: skip
    found = fit(halves, 3, 1, truth)
    assert found is not None
    assert all("\t" not in term for terms in found.terms for term in terms)
    table = pd.crosstab(pd.Series(found.topic), pd.Series(truth))
    assert (table.max(axis=1) / table.sum(axis=1)).min() > 0.95


def test_too_few_words_or_texts_have_no_topics() -> None:
    assert fit([], 5, 1) is None
    assert fit([["late"]] * 500, 5, 1) is None
    assert fit(planted(30)[0], 5, 1) is None
    with pytest.raises(ValueError, match="most_topics"):
        fit(planted()[0], 1, 1)


@given(st.dictionaries(st.integers(2, 12), st.floats(0, 1), min_size=1))
def test_the_most_topics_that_come_back_are_chosen(stability: dict[int, float]) -> None:
    k = chosen(stability)
    if max(stability.values()) >= 0.6:
        assert stability[k] >= 0.6
        assert all(v < 0.6 for other, v in stability.items() if other > k)
    else:
        assert stability[k] == max(stability.values())


# --- key terms ------------------------------------------------------------------------------------

counts = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=30)


@given(counts)
def test_log_odds_are_opposite_for_the_two_groups(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs).T
    one, other = log_odds(a, b), log_odds(b, a)
    assert np.isfinite(one).all()
    np.testing.assert_allclose(one, -other, atol=1e-9)
    assert (one[(a == 0) & (b == 0)] == 0).all()


def test_log_odds_by_hand() -> None:
    # y = (30, 70) and (10, 190), prior 100 words: shares 40/300 and 260/300
    alpha = 100 * 40 / 300
    own, others = (30 + alpha) / (70 + 100 - alpha), (10 + alpha) / (190 + 100 - alpha)
    error = np.sqrt(1 / (30 + alpha) + 1 / (10 + alpha))
    z = log_odds([30, 70], [10, 190], prior=100)
    assert z[0] == pytest.approx(np.log(own / others) / error)
    with pytest.raises(ValueError, match="one length"):
        log_odds([1], [1, 2])


def test_key_terms_tell_groups_apart_and_small_groups_have_none() -> None:
    frame = pd.DataFrame({"text_language": "en", "tier": ["top"] * 40 + ["long_tail"] * 40 + ["x"]})
    words = [["gift", "shop"]] * 40 + [["price", "shop"]] * 40 + [["odd"]]
    found = key_terms(frame, words, 10)
    assert found.groupby("bucket")["term"].first().to_dict() == {
        "long_tail": "price",
        "top": "gift",
    }
    assert "shop" not in set(found["term"])
    tables.check("key_terms", found)


# --- sentiment ------------------------------------------------------------------------------------

GOOD = ["很好", "满意", "喜欢", "很快", "推荐"]
BAD = ["很差", "失望", "坏了", "太慢", "退货"]


def labelled(n: int, noise: float = 0.0, seed: int = 5) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    good = np.arange(n) % 2
    told = np.where(rng.random(n) < noise, 1 - good, good)
    nouns = ["商品", "物流", "客服", "包装", "价格", "页面"]
    texts = [f"{rng.choice(nouns)}{rng.choice(GOOD if g else BAD)}，{rng.choice(nouns)}一般{i}号"
             for i, g in enumerate(told)]  # fmt: skip
    return texts, good


def test_sentiment_is_learned_from_records_and_its_accuracy_is_honest() -> None:
    texts, good = labelled(240, noise=0.2)
    found = sentiment(texts, good, 1)
    assert found.labels == "records"
    assert found.accuracy is not None
    assert 0.7 < found.accuracy.accuracy < 0.9, "one label in five is wrong, and it says so"
    assert found.accuracy.low < found.accuracy.accuracy < found.accuracy.high
    assert found.accuracy.guess == 0.5


def test_the_order_of_texts_changes_no_digit() -> None:
    texts, good = labelled(160)
    back = np.random.default_rng(1).permutation(len(texts))
    one = sentiment(texts, good, 1)
    other = sentiment([texts[i] for i in back], good[back], 1)
    assert (one.positive[back] == other.positive).all()
    assert one.accuracy == other.accuracy


def test_without_enough_labels_nothing_is_guessed() -> None:
    texts, good = labelled(2 * LEAST_OF_CLASS)
    few = np.where(np.arange(len(texts)) < LEAST_OF_CLASS, good, np.nan)
    found = sentiment(texts, few, 1)
    assert found.skipped == "few_labels"
    assert found.accuracy is None
    assert np.isnan(found.positive).all()
    same = sentiment(["坏了"] * 300 + ["很好"] * 300, [0] * 300 + [1] * 300, 1)
    assert same.skipped == "few_labels", "one text three hundred times is one text"


def test_a_language_that_was_not_learned_is_not_judged() -> None:
    texts, good = labelled(160)
    named = Labelled(tuple(texts), tuple(int(g) for g in good))
    found = sentiment(["物流很快", "Delivery was fast"], [np.nan, np.nan], 1, named)
    assert found.labels == "named"
    assert found.positive[0] > 0.5
    assert np.isnan(found.positive[1])


def test_accuracy_by_hand() -> None:
    made = accuracy([1, 1, 1, 0], [0.9, 0.6, 0.2, 0.4])
    assert (made.accuracy, made.guess, made.good) == (0.75, 0.75, 3)
    assert made.balanced == pytest.approx((2 / 3 + 1) / 2)
    assert made.brier == pytest.approx((0.01 + 0.16 + 0.64 + 0.16) / 4)


# --- quotes ---------------------------------------------------------------------------------------

PLANTED = ["13800138000", "138-0013-8000", "１３８００１３８０００", "+86 138 0013 8000",
           "010-62345678", "400-810-8888", "11010519491231002X", "6222 0202 0001 1234 567",
           "wang.xm@example.com", "20231003000010", "G20231000001", "A1007", "王小明", "欧阳娜娜",
           "John Smith", "上海某某贸易有限公司", "浦东新区世纪大道100号3栋502室",
           
           "12 Baker Street", "一三八零零一三八零零零"]  # fmt: skip
MASK = Mask(["王小明", "欧阳娜娜", "John Smith", "上海某某贸易有限公司"], ["A1007", "C1"])
AROUND = ["我是{}。", "联系{}，谢谢", "微信 {} 加我", "Please call {} now", "{}"]


@pytest.mark.parametrize("secret", PLANTED)
@pytest.mark.parametrize("around", AROUND)
def test_planted_personal_data_are_masked(secret: str, around: str) -> None:
    masked = MASK(around.format(secret))
    assert secret not in masked
    assert "[" in masked
    digits = [c for c in secret if c.isdigit()]
    assert sum(c.isdigit() for c in masked) < max(len(digits) - 3, 1)


@pytest.mark.parametrize(
    "clean",
    ["下单3天了还没收到，花了1280元", "物流信息三天没更新，一直卡在中转站", "Took 12 days, 2 items",
     "满300减40用不了", "快递没打电话就放在驿站", "2026年5月买的，用了一周"],
)  # fmt: skip
def test_words_that_are_nobodys_stay_as_written(clean: str) -> None:
    assert MASK(clean) == clean


def test_masks_speak_the_language_of_the_text() -> None:
    assert MASK("请打13800138000") == "请打[电话]"
    assert MASK("call 13800138000 please") == "call [phone] please"
    assert MASK("微信号 wx_abc") == "[账号]"
    assert MASK("王小明13800138000") == "[姓名][电话]"


@settings(max_examples=200)
@given(st.text(max_size=400), st.integers(20, 200))
def test_shortened_texts_keep_their_beginning(written: str, longest: int) -> None:
    short = shortened(written, longest)
    line = " ".join(written.split())
    if short != line:
        assert short.endswith("…")
        assert line.startswith(short[:-1])
        assert sum(2 if ord(c) > 0x2E7F else 1 for c in short[:-1]) <= longest


def test_a_masked_word_is_never_cut() -> None:
    for size in range(20, LONGEST, 2):
        short = shortened("很" * (size // 2 - 3) + "[电话]好", size)
        assert short.count("[") == short.count("]")


# --- the whole ------------------------------------------------------------------------------------


def written(n: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rows = []
    for i in range(n):
        theme = list(THEMES)[i % 3]
        kind = ("complaint", "praise", "enquiry")[i // 3 % 3]
        tone = {"complaint": "bad", "praise": "good", "enquiry": "maybe"}[kind]
        words = " ".join(rng.choice(THEMES[theme], 4, replace=False))
        rows.append({"customer_id": f"{i:04d}", "date": datetime(2026, 5, 1), "interaction": kind,
                     "topic": theme,
                     "text": f"{tone} {words} {i % 7} call 13800138000"})  # fmt: skip
    return rows


def made(rows, answers=()):
    words = corpus(put("interactions", rows), surveys(answers), END, 365)
    return words, topics.topics(words, MASK, topics.Settings(4, 10, 1))


def test_topics_conserve_the_texts_and_keep_their_contracts() -> None:
    words, found = made(written(360))
    assert found.table["texts"].sum() == len(words.table) == 360
    assert found.table["text_share"].sum() == pytest.approx(1)
    for name, frame in (("topics", found.table), ("topic_quotes", found.quotes),
                        ("key_terms", found.terms)):  # fmt: skip
        tables.check(name, frame)
    judged = words.table["interaction"] != "enquiry"
    assert not np.isnan(found.sentiment.positive[judged]).any()
    assert np.isnan(found.sentiment.positive[~judged]).all(), "questions have no feeling"
    assert not found.quotes["quote"].str.contains("1380013").any()
    assert found.quotes["quote"].str.contains("phone").all()
    for language in ("zh", "en"):
        say = Translator(language, "CNY")
        with house_style(language):
            assert charts_topics.topic_bars(say, found.table, "en", "", 360).alt
        assert listings_topics.topic_rows(say, found.table).title


def test_the_order_of_rows_changes_no_topic() -> None:
    rows = written(360)
    one, other = made(rows)[1], made(rows[::-1])[1]
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    pd.testing.assert_frame_equal(one.quotes, other.quotes, check_exact=True)


def test_no_texts_no_topics_and_the_chapter_says_so() -> None:
    words, found = made([])
    facts = {**text_facts(words, found), "moment_place": None, "journey_base": 0, "cause_count": 0}
    assert story(facts)["texts"] == ("voice_text.none",)
    say = Translator("zh", "CNY")
    assert isinstance(charts_topics.topic_bars(say, found.table, "zh"), Card)


def test_without_the_extra_a_card_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "available", lambda: False)
    rows = [{**row, "text": f"物流太慢{i}"} for i, row in enumerate(written(60))]
    words, found = made(rows)
    assert found.skipped == {"zh": "no_extra"}
    facts = {**text_facts(words, found), "days": 365, "moment_place": None, "journey_base": 0,
             "cause_count": 0}  # fmt: skip
    assert "voice_text.no_extra" in story(facts)["texts"]
    card = charts_topics.topic_bars(Translator("en", "CNY"), found.table, "zh", "no_extra", 60)
    assert isinstance(card, Card)
    assert "pip install" in card.text


def test_tones_come_from_kinds_and_scores() -> None:
    answers = [{"answer": float(a), "text": f"t{a}", "customer_id": "1"} for a in (0, 6, 7, 9, 10)]
    rows = [{"date": datetime(2026, 5, 1), "interaction": k, "text": k}
            for k in ("complaint", "praise", "enquiry")]  # fmt: skip
    words = corpus(put("interactions", rows), surveys(answers), END, 365)
    told = dict(zip(words.table["text"], tones(words), strict=True))
    assert {t for t, v in told.items() if v == 1} == {"t9", "t10", "praise"}
    assert {t for t, v in told.items() if v == 0} == {"t0", "t6", "complaint"}
    empty = corpus(nothing("interactions"), nothing("surveys"), END, 365)
    assert empty.table.empty
    assert len(corpus(put("interactions", rows), surveys(answers), END, 365, most=3).table) == 3
