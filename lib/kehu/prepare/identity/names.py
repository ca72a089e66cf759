"""Names as they are compared: a person's two parts, a firm's name without its legal form."""

from __future__ import annotations

import re
import unicodedata

from cleanco import basename

_HAN = re.compile(r"^[\u3400-\u9fff·]+$")
_FORMS = (
    "股份有限公司", "有限责任公司", "集团有限公司", "控股有限公司", "有限公司", "股份公司",
    "集团公司", "总公司", "分公司", "子公司", "公司", "集团", "合伙企业", "有限合伙", "普通合伙",
    "个体工商户", "工作室", "经营部", "商行", "厂",
)  # fmt: skip
_FIRM = re.compile(
    r"公司|集团|合伙|工作室|经营部|商行|厂$|店$|中心$|银行|医院|学校|大学|学院|协会|研究院|事务所|局$|委员会|"
    r"\b(co|ltd|limited|inc|corp|corporation|company|gmbh|ag|kg|llc|llp|plc|s\.?a|s\.?r\.?l|b\.?v|oy|ab|a/?s|"
    r"pty|pte|group|holdings?)\b\.?",
    re.IGNORECASE,
)
_COMPOUND = (
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒",
    "夏侯", "端木",
)  # fmt: skip
_LONGEST_PERSON = 4


def plain(text: str) -> str:
    """Return a text in lower case, narrow, its signs as single blanks."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return " ".join(re.sub(r"[^\w&]+", " ", folded).split())


def is_firm(name: str) -> bool:
    """Whether a name says that it is a firm's or an office's."""
    return bool(_FIRM.search(name))


def bare_firm(name: str) -> str:
    """Return a firm's name without its legal form: 有限公司, Co., Ltd., GmbH.

    Parameters
    ----------
    name : str
        As written.

    Returns
    -------
    str
        Plain; a name that is nothing but a legal form stays whole.
    """
    text = unicodedata.normalize("NFKC", name).strip()
    text = re.sub(r"[((【\[][^))】\]]*[))】\]]", lambda m: f" {m[0][1:-1]} ", text)
    bare = plain(basename(basename(text)))
    for form in _FORMS:
        if bare.endswith(form) and len(bare) > len(form):
            bare = bare.removesuffix(form).strip()
            break
    return bare.replace(" ", "") if re.search(r"[\u3400-\u9fff]", bare) else bare


def parts(name: str) -> tuple[str | None, str | None]:
    """Return given and family name of a person, or nothing and the bare name of a firm.

    Parameters
    ----------
    name : str
        `张三`, `Li Zhang`, `杭州云帆科技有限公司`, …

    Returns
    -------
    tuple
        Blank parts are None. A Chinese name of up to four characters is family, then given name;
        of any other the last word is the family name.
    """
    if is_firm(name):
        return None, bare_firm(name) or None
    bare = plain(name)
    if _HAN.match(bare.replace(" ", "")):
        return _chinese(bare.replace(" ", ""))
    first, _, last = bare.rpartition(" ")
    return (first.split(" ")[0], last) if first else (bare or None, None)


def _chinese(name: str) -> tuple[str | None, str | None]:
    if not 2 <= len(name) <= _LONGEST_PERSON:
        return None, name
    cut = 2 if name[:2] in _COMPOUND and len(name) > 2 else 1
    return name[cut:], name[:cut]
