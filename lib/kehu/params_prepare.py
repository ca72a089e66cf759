"""Parameters of data preparation: how rows are cleaned."""

from __future__ import annotations

from typing import Literal

from kehu.params_identity import IdentityParams
from kehu.params_types import Share, Strict, described

Treatment = Literal["flag", "blank", "quarantine"]
_EN = "{}: flag keeps it and counts it, blank takes it out, quarantine sets the row aside"
_ZH = "{}：flag 保留并计数，blank 置空，quarantine 整行移入隔离表"


class Particulars(Strict):
    """What becomes of a customer's particulars that cannot be."""

    phone: Treatment = described(
        "flag",
        en=_EN.format("a telephone number that cannot be"),
        zh=_ZH.format("不合规的电话号码"),
    )
    email: Treatment = described(
        "flag", en=_EN.format("an e-mail address that cannot be"), zh=_ZH.format("不合规的电子邮箱")
    )
    tax_id: Treatment = described(
        "flag", en=_EN.format("a social credit code with a wrong check digit"),
        zh=_ZH.format("校验位不符的统一社会信用代码"),
    )  # fmt: skip
    id_number: Treatment = described(
        "flag", en=_EN.format("an identity number with a wrong date or check digit"),
        zh=_ZH.format("日期或校验位不符的身份证号"),
    )  # fmt: skip


class PrepareParams(Strict):
    """What data preparation depends on."""

    refunds: Literal["net", "drop", "keep"] = described(
        "net", en="net: refunds reduce spend; drop: set aside; keep: as any other row",
        zh="退款：net 冲减消费，drop 移入隔离表，keep 与其他行同样处理",
    )  # fmt: skip
    duplicates: Literal["drop", "keep"] = described(
        "drop", en="rows equal in every column of the file to an earlier row",
        zh="与文件中较早一行各列完全相同的行：drop 合并，keep 保留",
    )  # fmt: skip
    zero_amounts: Literal["keep", "drop"] = described(
        "keep", en="whether a purchase of 0.00 counts as a purchase",
        zh="金额为 0.00 的购买：keep 计为购买，drop 移入隔离表",
    )  # fmt: skip
    max_unreadable: Share = described(
        0.01, en="share of a file's rows that may have an unreadable date or amount",
        zh="每个文件中日期或金额无法识别的行的最大占比",
    )  # fmt: skip
    phone_region: str = described(
        "CN", en="country of telephone numbers without a code, two letters",
        zh="没有国际区号的电话属于哪个国家或地区，两个字母", pattern="^[A-Z]{2}$",
    )  # fmt: skip
    particulars: Particulars = described(
        Particulars(),
        en="what becomes of particulars that cannot be",
        zh="客户资料不合规时如何处理",
    )
    identity: IdentityParams = described(
        IdentityParams(), en="which customer numbers are one person or firm",
        zh="哪些客户编号属于同一个人或同一家企业",
    )  # fmt: skip
    memory_gb: float = described(
        2.0, en="memory limit of the engine, GB", zh="计算引擎的内存上限，单位 GB", ge=0.1, le=1024
    )
