"""The part of the parameters that names the client's files and their columns."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any, ClassVar, Literal

from kehu import presets
from kehu.params_files import Columns, Fault, Source, column, mapping, needed
from kehu.params_inputs import (
    WORDS_EN,
    WORDS_ZH,
    BenchmarkSource,
    CampaignSource,
    CostSource,
    HoldingSource,
    InteractionSource,
    JudgementSource,
    PaymentSource,
    ReferralSource,
    SurveySource,
)
from kehu.params_types import Strict, described


class TransactionColumns(Columns):
    """Which column of the file holds what, for purchases and refunds."""

    varying: ClassVar = (
        "customer_id", "date", "order_id", "amount", "quantity", "unit_price", "goods_cost",
        "discount", "coupon", "product_id",
    )  # fmt: skip
    customer_id: str = needed("the customer number", "客户编号")
    date: str = needed("the time of the purchase", "交易时间")
    order_id: str | None = described(
        None, en="column of the order number; left out: one order per customer and day",
        zh="订单号所在列；省略时同一客户同一天视为一笔订单",
    )  # fmt: skip
    amount: str | None = described(
        None, en="column of the amount paid; left out: quantity × unit price",
        zh="实付金额所在列；省略时为数量×单价",
    )  # fmt: skip
    quantity: str | None = column("the pieces", "数量")
    unit_price: str | None = column("the price per piece", "单价")
    goods_cost: str | None = column("the cost of the goods sold on the line", "该行商品成本")
    discount: str | None = column("the amount taken off the line's price", "该行优惠金额")
    coupon: str | None = column("the amount paid by coupon", "优惠券抵扣金额")
    product_id: str | None = column("the product code", "商品编码")
    product: str | None = column("the product's name", "商品名称")
    category: str | None = column("the product category", "品类")
    channel: str | None = column("the sales channel", "销售渠道")
    transaction_type: str | None = column(
        "the kind or state of the row: sale, refund, or to be set aside",
        "该行的类型或状态（销售、退款或剔除）",
    )


class CustomerColumns(Columns):
    """Which column of the file holds what, for the customer list."""

    varying: ClassVar = ("customer_id", "name")
    customer_id: str = needed("the customer number", "客户编号")
    name: str | None = column("the customer's name", "客户名称")
    joined: str | None = column("the date of registration", "注册日期")
    city: str | None = column("the city", "所在城市")
    channel: str | None = column("the channel of acquisition", "来源渠道")
    level: str | None = column("the client's own membership level", "会员等级")
    birth_date: str | None = column("the date of birth", "出生日期")
    gender: str | None = column("the gender", "性别")
    occupation: str | None = column("the occupation", "职业")
    plan: str | None = column("the plan or product held", "套餐或所持产品")
    email: str | None = column("the e-mail address", "电子邮箱")
    phone: str | None = column("the telephone number", "电话号码")
    address: str | None = column("the address", "地址")
    id_number: str | None = column("the number of the identity card", "身份证号")
    consent: str | None = column(
        "whether the customer agreed to be contacted", "客户是否同意被联系"
    )
    tax_id: str | None = column("the tax or register number of a firm", "统一社会信用代码或税号")
    manager: str | None = column("the account manager", "客户经理")


class TransactionValues(Strict):
    """What the client's words for kinds and states of rows mean."""

    transaction_type: dict[str, Literal["sale", "refund", "none"]] = described(
        {}, en=WORDS_EN, zh=WORDS_ZH
    )


class CustomerValues(Strict):
    """Which of the client's words mean yes, which no."""

    consent: dict[str, bool] = described(
        {}, en="the client's word on the left, true or false on the right",
        zh="左边是客户的用词，右边是 true 或 false",
    )  # fmt: skip


class TransactionSource(Source):
    """One file of purchases and refunds."""

    table_name: ClassVar = "transactions"
    columns: TransactionColumns = mapping()
    values: TransactionValues = described(
        TransactionValues(), en="what the client's words mean", zh="客户用词的含义"
    )

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> Iterator[Fault]:
        """Find what the source leaves open; see `Source.faults`."""
        yield from super().faults(values)
        values = presets.applied(values)
        given = {n for n, c in (values.get("columns") or {}).items() if c is not None}
        if "amount" not in given and not {"quantity", "unit_price"} <= given:
            what = "`columns` of transactions: give `amount`, or both `quantity` and `unit_price`"
            yield Fault("KH-P06", ("columns",), what)


class CustomerSource(Source):
    """One file of customers."""

    table_name: ClassVar = "customers"
    columns: CustomerColumns = mapping()
    values: CustomerValues = described(
        CustomerValues(), en="what the client's words mean", zh="客户用词的含义"
    )


class Sources(Strict):
    """The client's files, by the table they feed."""

    transactions: list[TransactionSource] = described(
        en="files of purchases and refunds", zh="交易明细文件", min_length=1
    )
    customers: list[CustomerSource] = described(
        [], en="files with the customer list", zh="客户名单文件"
    )
    interactions: list[InteractionSource] = described(
        [],
        en="files of contacts, visits, enquiries, complaints",
        zh="互动记录文件：接触、访问、咨询、投诉等",
    )  # fmt: skip
    surveys: list[SurveySource] = described([], en="files of survey answers", zh="问卷回答文件")
    payments: list[PaymentSource] = described(
        [], en="files of amounts due and payments", zh="应收与付款文件"
    )
    holdings: list[HoldingSource] = described(
        [], en="files of accounts, plans or policies", zh="账户、套餐或保单文件"
    )
    referrals: list[ReferralSource] = described([], en="files of referrals", zh="推荐关系文件")
    costs: list[CostSource] = described([], en="files of costs", zh="成本文件")
    campaigns: list[CampaignSource] = described(
        [], en="files of contacts by campaigns", zh="营销活动触达文件"
    )
    benchmarks: list[BenchmarkSource] = described(
        [], en="files of figures to compare with", zh="对标数据文件"
    )
    judgements: list[JudgementSource] = described(
        [], en="files of judgements by named people", zh="专家判断文件"
    )


def source_models() -> dict[str, type[Source]]:
    """Return the schema of a source by the table it feeds, in the order of `Sources`."""
    found = {}
    for table, field in Sources.model_fields.items():
        (model,) = field.annotation.__args__  # type: ignore[union-attr]
        found[table] = model
    return found


def source_faults(
    sources: Any, passed_over: Container[tuple[str, int]] = ()
) -> Iterator[tuple[str, int, Fault]]:
    """Find what the sources leave open or contradict.

    Parameters
    ----------
    sources : any
        The `sources` parameter as given.
    passed_over : container of tuple
        Table and place of sources that are wrong by themselves.

    Yields
    ------
    tuple
        Table, place of the source in its list, and the fault.
    """
    for table, model in source_models().items():
        listed = sources.get(table) if isinstance(sources, Mapping) else None
        for i, source in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(source, Mapping) and (table, i) not in passed_over:
                yield from ((table, i, fault) for fault in model.faults(source))
