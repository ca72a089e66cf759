"""Parameters of identity: which customer numbers are one person or firm."""

from __future__ import annotations

from typing import Literal

from kehu.params_types import Share, Strict, described

Survivor = Literal["first", "latest", "longest", "most_frequent"]


class IdentityParams(Strict):
    """How customers of several systems are brought together."""

    match: Literal["off", "exact", "fuzzy"] = described(
        "off", en="off: by number only; exact: also by equal telephone, e-mail, tax or identity "
        "number; fuzzy: also by like name, address, birth date",
        zh="off 只按编号；exact 另按相同的电话、邮箱、税号或身份证号；"
        "fuzzy 再按相近的姓名、地址、生日",
    )  # fmt: skip
    threshold: Share = described(
        0.95, en="least probability of a fuzzy link that is accepted", zh="模糊匹配被采纳的最低概率"
    )
    max_shared: int = described(
        5, en="customers that may share a telephone or e-mail; of more it is nobody's own",
        zh="同一电话或邮箱最多由几位客户共用，超过则不作依据", ge=2, le=1000,
    )  # fmt: skip
    max_cluster: int = described(
        10, en="customer numbers of one person; more are shown for review and not joined",
        zh="一个人最多对应几个客户编号，超过则列出待核，不合并", ge=2, le=1000,
    )  # fmt: skip
    overrides: str | None = described(
        None, en="file of decisions by people: customer_a, customer_b, decision same or different",
        zh="人工决定的文件：customer_a、customer_b、decision（same 或 different）",
    )  # fmt: skip
    survivors: dict[str, Survivor] = described(
        {}, en="per detail which value stays: first, latest, longest, most_frequent",
        zh="每项资料保留哪个值：first、latest、longest、most_frequent",
    )  # fmt: skip
