"""The part of the parameters that names the client's files and their columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import model_validator

from kehu.params_types import Line, Strict, described

NO_MONEY = "give `amount`, or both `quantity` and `unit_price`"


def lacks_money(columns: Mapping[str, Any]) -> bool:
    """Whether a mapping of columns names neither an amount nor quantity and unit price."""
    given = {name for name, column in columns.items() if column is not None}
    return "amount" not in given and not {"quantity", "unit_price"} <= given


class TransactionColumns(Strict):
    """Which column of the file holds what, for purchases and refunds."""

    customer_id: str = described(en="column of the customer number", zh="客户编号所在列")
    date: str = described(en="column of the time of the purchase", zh="交易时间所在列")
    order_id: str | None = described(
        None, en="column of the order number; left out: one order per customer and day",
        zh="订单号所在列；省略时同一客户同一天视为一笔订单",
    )  # fmt: skip
    amount: str | None = described(
        None, en="column of the amount paid; left out: quantity × unit price",
        zh="实付金额所在列；省略时为数量×单价",
    )  # fmt: skip
    quantity: str | None = described(None, en="column of the pieces", zh="数量所在列")
    unit_price: str | None = described(None, en="column of the price per piece", zh="单价所在列")
    product_id: str | None = described(None, en="column of the product code", zh="商品编码所在列")
    product: str | None = described(None, en="column of the product's name", zh="商品名称所在列")
    category: str | None = described(None, en="column of the product category", zh="品类所在列")
    channel: str | None = described(None, en="column of the sales channel", zh="销售渠道所在列")

    @model_validator(mode="after")
    def _money(self) -> TransactionColumns:
        if lacks_money(self.model_dump()):
            raise ValueError(NO_MONEY)
        return self


class CustomerColumns(Strict):
    """Which column of the file holds what, for the customer list."""

    customer_id: str = described(en="column of the customer number", zh="客户编号所在列")
    name: str | None = described(None, en="column of the customer's name", zh="客户名称所在列")
    joined: str | None = described(
        None, en="column of the date of registration", zh="注册日期所在列"
    )
    city: str | None = described(None, en="column of the city", zh="所在城市所在列")
    channel: str | None = described(
        None, en="column of the channel of acquisition", zh="来源渠道所在列"
    )
    level: str | None = described(
        None, en="column of the client's own membership level", zh="会员等级所在列"
    )


class _Source(Strict):
    path: Line = described(
        en="file, relative to the params file", zh="文件，相对于参数文件所在的文件夹", min_length=1
    )
    sheet: str | None = described(
        None, en="sheet of a workbook; left out: the first", zh="工作簿中的工作表；省略时取第一个"
    )
    names: list[str] | None = described(
        None, en="column names, for a file without a header", zh="文件没有表头时，依次给出列名"
    )
    encoding: str | None = described(
        None, en="text encoding; left out: found by itself", zh="文本编码；省略时自动识别"
    )
    separator: str | None = described(
        None, en="one character, `tab` or `whitespace`; left out: found by itself",
        zh="分隔符：一个字符、tab 或 whitespace；省略时自动识别",
    )  # fmt: skip
    date_order: Literal["ymd", "dmy", "mdy"] | None = described(
        None, en="how to read 05/06/2026; left out: found where the data decide",
        zh="05/06/2026 应如何解读；数据足以判断时可省略",
    )  # fmt: skip


class TransactionSource(_Source):
    """One file of purchases and refunds."""

    columns: TransactionColumns = described(
        en="the kit's name on the left, the file's column on the right",
        zh="左边是本工具的名称，右边是文件里的列名",
    )


class CustomerSource(_Source):
    """One file of customers."""

    columns: CustomerColumns = described(
        en="the kit's name on the left, the file's column on the right",
        zh="左边是本工具的名称，右边是文件里的列名",
    )


class Sources(Strict):
    """The client's files, by the table they feed."""

    transactions: list[TransactionSource] = described(
        en="files of purchases and refunds", zh="交易明细文件", min_length=1
    )
    customers: list[CustomerSource] = described(
        [], en="files with the customer list", zh="客户名单文件"
    )
