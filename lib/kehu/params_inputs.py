"""Sources of the client's other tables, their columns named as in the contracts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from kehu.params_files import Columns, Fault, Source, column, mapping, needed
from kehu.params_scales import Criterion, Question, Scaled, end_faults, scale_faults, wide_faults
from kehu.params_types import Strict, described

Interaction = Literal[
    "contact", "visit", "browse", "search", "enquiry", "service", "complaint", "suggestion",
    "praise", "other", "none",
]  # fmt: skip
Cost = Literal["acquisition", "marketing", "service", "goods", "other", "none"]
WORDS_EN = "the client's word on the left, on the right its meaning; none: set such rows aside"
WORDS_ZH = "左边是客户的用词，右边是含义；none 表示移入隔离表"


class InteractionColumns(Columns):
    """Which column holds what, for contacts, visits, enquiries, complaints and the like."""

    required: ClassVar = ("date", "interaction")
    varying: ClassVar = ("customer_id", "order_id", "text", "reply")
    customer_id: str | None = column("the customer number", "客户编号")
    date: str | None = column("the time of the interaction", "互动时间")
    interaction: str | None = column("the kind of interaction", "互动类型")
    topic: str | None = column("the topic", "主题")
    channel: str | None = column("the channel", "渠道")
    product: str | None = column("the product", "商品")
    order_id: str | None = column("the order number", "订单号")
    touchpoint: str | None = column("the touchpoint of the journey", "触点")
    status: str | None = column("the state of the matter", "处理状态")
    closed: str | None = column("the time at which the matter was settled", "办结时间")
    text: str | None = column("the customer's own words", "客户原话")
    reply: str | None = column("what the customer was told", "给客户的答复")


class InteractionValues(Strict):
    """What the client's words for kinds of interactions mean."""

    interaction: dict[str, Interaction] = described({}, en=WORDS_EN, zh=WORDS_ZH)


class InteractionSource(Source):
    """One file of interactions."""

    table_name: ClassVar = "interactions"
    columns: InteractionColumns = mapping()
    values: InteractionValues = described(
        InteractionValues(), en="what the client's words mean", zh="客户用词的含义"
    )


class SurveyColumns(Columns):
    """Which column holds what, for survey answers."""

    varying: ClassVar = ("customer_id", "answer", "text")
    customer_id: str | None = column("the customer number", "客户编号")
    date: str | None = column("the time of the answer", "填写时间")
    question: str | None = column(
        "the question, in files with a row per answer", "问题（每行一个答案的文件）"
    )
    answer: str | None = column(
        "the answer, in files with a row per answer", "答案（每行一个答案的文件）"
    )
    survey_weight: str | None = column("the sampling weight; left out: 1", "抽样权重（省略时为 1）")
    channel: str | None = column("the channel", "渠道")
    touchpoint: str | None = column("the touchpoint of the journey", "触点")
    text: str | None = column(
        "the customer's own words; kept with the first question", "客户原话（记在第一个问题上）"
    )


class SurveyValues(Strict):
    """What words mean in points."""

    answer: dict[str, float] = described(
        {}, en="the client's word on the left, its points on the right",
        zh="左边是客户的用词，右边是分值，如 非常满意: 5",
    )  # fmt: skip


class SurveySource(Scaled, Source):
    """One file of survey answers: a column per question, or a row per answer."""

    table_name: ClassVar = "surveys"
    columns: SurveyColumns = mapping()
    questions: list[Question] = described(
        [], en="the questions: short name, scale and, in wide files, column",
        zh="问卷的问题：简称、量表，宽表还要给出所在列",
    )  # fmt: skip
    values: SurveyValues = described(
        SurveyValues(), en="what words mean in points", zh="文字答案对应的分值"
    )

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> Iterator[Fault]:
        """Find what the source leaves open; see `Source.faults`."""
        yield from super().faults(values)
        yield from wide_faults(values, "questions", "question", ("question", "answer"))
        listed = values.get("questions") or []
        for i, entry in enumerate(listed):
            yield from scale_faults(entry, ("questions", i))
        own = [n for n in ("scale", "low", "high", "blank") if values.get(n)]
        if listed and own:
            what = f"`{own[0]}` of the file, and `questions` with a scale each"
            yield Fault("KH-P06", (own[0],), what, "Give the scale once.")
        columns = values.get("columns") or {}
        if not listed and columns.get("answer") is not None:
            yield from scale_faults(values)


class PaymentColumns(Columns):
    """Which column holds what, for amounts due and payments."""

    required: ClassVar = ("due", "amount")
    customer_id: str = needed("the customer number", "客户编号")
    due: str | None = column("the date on which payment is due", "应付款日期")
    paid: str | None = column("the date of payment, blank while unpaid", "实际付款日期（未付为空）")
    amount: str | None = column("the amount due", "应付金额")
    order_id: str | None = column("the order number", "订单号")


class PaymentSource(Source):
    """One file of amounts due and payments."""

    table_name: ClassVar = "payments"
    columns: PaymentColumns = mapping()


class HoldingColumns(Columns):
    """Which column holds what, for accounts, plans, policies."""

    customer_id: str = needed("the customer number", "客户编号")
    product: str | None = column("the account, plan or policy", "账户、套餐或保单")
    category: str | None = column("its kind", "类别")
    start: str | None = column("its first day", "起始日")
    end: str | None = column("its last day, blank while it runs", "终止日（仍有效为空）")
    balance: str | None = column("the balance or assets", "余额或资产")
    fee: str | None = column("the charge of one billing period", "每期费用")
    usage: str | None = column("the use in one billing period", "每期用量")
    claims: str | None = column("the claims paid so far", "累计理赔额")
    status: str | None = column("its state", "状态")


class HoldingSource(Source):
    """One file of accounts, plans or policies."""

    table_name: ClassVar = "holdings"
    columns: HoldingColumns = mapping()


class ReferralColumns(Columns):
    """Which column holds what, for who recommended whom."""

    customer_id: str = needed("the customer who recommends", "推荐人编号")
    referred_id: str = needed("the customer who was recommended to", "被推荐人编号")
    date: str | None = column("the time of the referral", "推荐时间")


class ReferralSource(Source):
    """One file of referrals."""

    table_name: ClassVar = "referrals"
    columns: ReferralColumns = mapping()


class CostColumns(Columns):
    """Which column holds what, for costs."""

    required: ClassVar = ("date", "cost", "amount")
    date: str | None = column("the day or month of the cost", "成本发生的日期或月份")
    cost: str | None = column("the kind of cost", "成本类型")
    channel: str | None = column("the channel it is for", "成本所属渠道")
    customer_id: str | None = column("the customer it is for", "成本所属客户")
    amount: str | None = column("the amount", "金额")


class CostValues(Strict):
    """What the client's words for kinds of cost mean."""

    cost: dict[str, Cost] = described({}, en=WORDS_EN, zh=WORDS_ZH)


class CostSource(Source):
    """One file of costs."""

    table_name: ClassVar = "costs"
    columns: CostColumns = mapping()
    values: CostValues = described(
        CostValues(), en="what the client's words mean", zh="客户用词的含义"
    )


class CampaignColumns(Columns):
    """Which column holds what, for contacts by campaigns."""

    required: ClassVar = ("campaign", "date")
    campaign: str | None = column("the campaign's name", "活动名称")
    customer_id: str = needed("the customer number", "客户编号")
    date: str | None = column("the time of the contact", "触达时间")
    channel: str | None = column("the channel", "渠道")
    amount: str | None = column("the cost of the contact", "触达成本")
    responded: str | None = column("whether the customer responded", "是否响应")


class CampaignValues(Strict):
    """Which of the client's words mean yes, which no."""

    responded: dict[str, bool] = described(
        {}, en="the client's word on the left, true or false on the right",
        zh="左边是客户的用词，右边是 true 或 false",
    )  # fmt: skip


class CampaignSource(Source):
    """One file of contacts by campaigns."""

    table_name: ClassVar = "campaigns"
    columns: CampaignColumns = mapping()
    values: CampaignValues = described(
        CampaignValues(), en="what the client's words mean", zh="客户用词的含义"
    )


class BenchmarkColumns(Columns):
    """Which column holds what, for figures of other firms."""

    required: ClassVar = ("indicator", "figure")
    indicator: str | None = column("the indicator's code", "指标代码")
    figure: str | None = column("the figure", "数值")
    peer: str | None = column("the firm or industry compared with", "对标对象")
    origin: str | None = column("where the figure was published", "出处")
    date: str | None = column("the day, month or year of the figure", "数据日期、月份或年份")


class BenchmarkSource(Source):
    """One file of figures to compare with."""

    table_name: ClassVar = "benchmarks"
    columns: BenchmarkColumns = mapping()


class JudgementColumns(Columns):
    """Which column holds what, for judgements by named people."""

    required: ClassVar = ("author", "date")
    varying: ClassVar = ("customer_id", "mark")
    customer_id: str = needed("the customer number", "客户编号")
    criterion: str | None = column(
        "the criterion, in files with a row per mark", "准则（每行一个评分的文件）"
    )
    mark: str | None = column(
        "the mark, in files with a row per mark", "评分（每行一个评分的文件）"
    )
    author: str | None = column("who judged", "评分人")
    date: str | None = column("the day of the judgement", "评分日期")
    note: str | None = column("the reason given", "评分说明")


class JudgementSource(Source):
    """One file of judgements: a column per criterion, or a row per mark."""

    table_name: ClassVar = "judgements"
    columns: JudgementColumns = mapping()
    criteria: list[Criterion] = described(
        [], en="the criteria of a file with a column for each", zh="宽表的评价准则及其所在列"
    )
    low: float | None = described(None, en="lowest mark possible", zh="最低分")
    high: float | None = described(None, en="highest mark possible", zh="最高分")

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> Iterator[Fault]:
        """Find what the source leaves open; see `Source.faults`."""
        yield from super().faults(values)
        yield from wide_faults(values, "criteria", "criterion", ("criterion", "mark"))
        yield from end_faults(values, (), needed=True)
