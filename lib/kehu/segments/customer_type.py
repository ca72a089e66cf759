"""Business, consumer or government: told from the number, the name and the mail address."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from stdnum.cn import uscc

TYPES = ("consumer", "business", "government", "unknown")

_GOVERNMENT = (
    r"政府|人民法院|检察院|公安局|税务局|财政局|管理局|教育局|卫生局|委员会$|街道办事处|事业单位"
    r"|大学$|学院$|中学$|小学$|医院$|研究院$|研究所$|ministry|municipal|city council|county council"
    r"|government|university|public school"
)
_BUSINESS = (
    r"公司$|有限责任|股份|集团|企业|工厂$|厂$|商行$|商店$|超市$|酒店$|饭店$|餐厅$|经营部$|合作社$|事务所$"
    r"|工作室$|\bco\.?,? ?ltd|\bltd\b|\binc\b|\bllc\b|\bcorp\b|\bgmbh\b|\bs\.?a\.?r\.?l\b|\bplc\b"
    r"|\bb\.?v\.?$|\bllp\b|\bcompany\b|\bholdings?\b"
)
_PERSON = r"^[\u4e00-\u9fff]{2,4}$|^[\u4e00-\u9fff]+·[\u4e00-\u9fff·]+$"
"""Two to four Chinese characters without a form of firm or office, or a name of parts joined by ·,
are a person's."""

_FREE = (
    "qq.com", "163.com", "126.com", "sina.com", "sina.cn", "sohu.com", "139.com", "189.cn",
    "foxmail.com", "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com",
)  # fmt: skip


def customer_type(customers: pd.DataFrame, among: pd.Series) -> pd.DataFrame:
    """Tell what kind of customer each is.

    Parameters
    ----------
    customers : pandas.DataFrame
        Contract `customers`: `customer_id`, and what is known of `tax_id, name, email`.
    among : pandas.Series of str
        Customers looked at.

    Returns
    -------
    pandas.DataFrame
        `customer_id`; `customer_type` of `TYPES`; `type_evidence`, what it was told from
        (`tax_id`, `name`, `email`, comma separated, blank where unknown); `type_conflict`, whether
        they disagree: the number then outweighs the name, and the name the mail address.

    Notes
    -----
    A unified social credit code counts if its check character is right (GB 32100-2015): first
    character 1 (institutions, 机构编制) and 2 to 4 of other public bodies are government, 9 (firms)
    and the rest business. A mail address at a provider anybody uses says nothing of a firm; one
    under gov is government, edu government, any other domain business. Without evidence the type
    stays unknown: a customer of a shop is not a consumer because nothing else is known.
    """
    customers = customers[customers["customer_id"].isin(among)]
    told = pd.DataFrame(
        {
            "tax_id": _by_number(customers["tax_id"]),
            "name": _by_name(customers["name"]),
            "email": _by_mail(customers["email"]),
        },
        index=customers.index,
    )
    first = told["tax_id"].fillna(told["name"]).fillna(told["email"])
    evidence = told.notna().apply(lambda row: ",".join(row.index[row]), axis=1)
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"],
            "customer_type": first.fillna("unknown"),
            "type_evidence": evidence.where(evidence != ""),
            "type_conflict": told.nunique(axis=1) > 1,
        }
    )


def _by_number(numbers: pd.Series) -> pd.Series:
    known = numbers.dropna().astype("str").str.strip().str.upper()
    kinds = {n: ("government" if n[0] in "1234" else "business") for n in set(known) if _valid(n)}
    return known.map(kinds).reindex(numbers.index)


def _valid(number: str) -> bool:
    return bool(uscc.is_valid(number))


def _by_name(names: pd.Series) -> pd.Series:
    text = names.fillna("").astype("str").str.strip().str.lower()
    cases = [text.str.contains(p, regex=True) for p in (_GOVERNMENT, _BUSINESS, _PERSON)]
    kinds = ["government", "business", "consumer"]
    return pd.Series(np.select(cases, kinds, ""), index=names.index).replace("", None)


def _by_mail(mails: pd.Series) -> pd.Series:
    domain = mails.fillna("").astype("str").str.lower().str.rpartition("@")[2].str.strip()
    official = domain.str.contains(r"(?:^|\.)(?:gov|edu)(?:\.|$)", regex=True)
    own = domain.str.contains(".", regex=False) & ~domain.isin(_FREE)
    kinds = np.select([official, own], ["government", "business"], "")
    return pd.Series(kinds, index=mails.index).replace("", None)


def facts(table: pd.DataFrame) -> dict[str, Any]:
    """Name the numbers of customer types that sentences quote."""
    count = table["customer_type"].value_counts()
    known = int((table["customer_type"] != "unknown").sum())
    return {
        **{f"n_type_{t}": int(count.get(t, 0)) for t in TYPES},
        "type_known_share": known / len(table),
        "n_type_conflicts": int(table["type_conflict"].sum()),
        "types": "known" if known else "unknown",
    }
