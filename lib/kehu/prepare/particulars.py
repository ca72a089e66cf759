"""A customer's particulars in one form, and whether they can be: phone, e-mail, numbers, place."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import cpca
import ibis
import phonenumbers
import pyarrow as pa
from email_validator import EmailNotValidError, validate_email
from ibis.expr.types import BooleanValue, StringValue, Table
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from kehu.prepare.text import narrow

FORMED = {
    "phone": "phone_formed", "email": "email_formed", "tax_id": "tax_id_formed",
    "id_number": "id_number_formed",
}  # fmt: skip
"""Particulars that have a form of their own, and the rules that bring them to it."""
INVALID = {
    "phone": "phone_invalid", "email": "email_invalid", "tax_id": "tax_id_invalid",
    "id_number": "id_number_invalid",
}  # fmt: skip
"""The rules for particulars that cannot have it."""
_USCC = 18
_FOREIGN = 7
"""Characters from which a number of another country's register is taken as it stands."""


def phone(text: str, region: str) -> str | None:
    """Return a telephone number as +8613800138000, or None where it cannot be one.

    Parameters
    ----------
    text : str
        As written, with or without the country's code.
    region : str
        ISO 3166 code of the country that numbers without a code belong to.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None
    )


def email(text: str) -> str | None:
    """Return an e-mail address in lower case, or None where it cannot be one; nothing is sent."""
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        return None
    return found.normalized.lower()


def tax_id(text: str) -> str | None:
    """Return a unified social credit code by its check digit; other registers' numbers as read.

    What has 18 characters is a Chinese code (GB 32100-2015) and must prove; a number of another
    length may be one of an older or foreign register, of at least seven letters or digits.
    """
    bare = "".join(c for c in text.upper() if c.isalnum())
    if len(bare) == _USCC:
        return _checked(uscc.validate, bare)
    return bare if len(bare) >= _FOREIGN and bare.isascii() else None


def id_number(text: str) -> str | None:
    """Return a Chinese identity number (GB 11643-1999) by its birth date and check digit."""
    return _checked(ric.validate, text)


def _checked(validate: Callable[[str], str], text: str) -> str | None:
    try:
        return validate(text)
    except ValidationError:
        return None


def place(text: str) -> tuple[str | None, str | None]:
    """Return the province and the city of a Chinese address; None where it names none.

    Municipalities (北京市, 上海市, 天津市, 重庆市) are their own city.
    """
    row = cpca.transform([text]).iloc[0]
    province = row["省"] if isinstance(row["省"], str) else None
    city = row["市"] if isinstance(row["市"], str) else None
    return province, province if city in ("市辖区", "县") else city


def formed(rows: Table, region: str) -> Table:
    """Bring the particulars of customers to one form.

    Parameters
    ----------
    rows : ibis Table
        With the columns `FORMED`, blank where a file has none.
    region : str
        Country of telephone numbers without a code, `CN`.

    Returns
    -------
    ibis Table
        Each of `FORMED` in its form, and as read where it cannot have it; `<name>_formed` marks
        the former where the text was another, `<name>_invalid` the latter. `province` of the
        address; `city` of it where none is given, marked by `city_filled`.
    """
    ways: Mapping[str, StringValue] = {
        "phone": _phone(narrow(rows.phone), region),
        "email": _email(narrow(rows.email)),
        "tax_id": _tax_id(narrow(rows.tax_id)),
        "id_number": _id_number(narrow(rows.id_number)),
    }
    found = rows.mutate(**{f"{name}_form": ways[name].nullif("") for name in FORMED})
    flagged = found.mutate(**_flags(found)).drop(*(f"{name}_form" for name in FORMED))
    return flagged.mutate(**_placed(flagged))


def _placed(rows: Table) -> dict[str, StringValue | BooleanValue]:
    """Find the province of every address, and the city where none is given."""
    found = _place(rows.address)
    province = found.re_extract(r"^([^|]*)\|", 1).nullif("")
    city = found.re_extract(r"\|(.*)$", 1).nullif("")
    return {
        "province": province,
        "city_filled": rows.city.isnull() & city.notnull(),
        "city": ibis.coalesce(rows.city, city),
    }


def _flags(rows: Table) -> dict[str, StringValue | BooleanValue]:
    flags: dict[str, StringValue | BooleanValue] = {}
    for name in FORMED:
        text, form = rows[name], rows[f"{name}_form"]
        flags[name] = ibis.coalesce(form, text)
        flags[FORMED[name]] = (form != text).fill_null(False)
        flags[INVALID[name]] = text.notnull() & form.isnull()
    return flags


def _each(reads: Callable[[str], str | None], texts: pa.Array) -> pa.Array:
    """Read texts, each different one once; what cannot be is empty, for the engine wants a text."""
    once = functools.lru_cache(maxsize=None)(reads)
    return pa.array([once(t) or "" if t else "" for t in texts.to_pylist()], pa.string())


@ibis.udf.scalar.pyarrow  # type: ignore[untyped-decorator]
def _phone(text: str, region: str) -> str:
    regions = region.to_pylist() if isinstance(region, pa.Array | pa.ChunkedArray) else [region]
    return _each(lambda t: phone(t, regions[0]), text)


@ibis.udf.scalar.pyarrow  # type: ignore[untyped-decorator]
def _email(text: str) -> str:
    return _each(email, text)


@ibis.udf.scalar.pyarrow  # type: ignore[untyped-decorator]
def _tax_id(text: str) -> str:
    return _each(tax_id, text)


@ibis.udf.scalar.pyarrow  # type: ignore[untyped-decorator]
def _id_number(text: str) -> str:
    return _each(id_number, text)


@ibis.udf.scalar.pyarrow  # type: ignore[untyped-decorator]
def _place(text: str) -> str:
    return _each(lambda t: "|".join(part or "" for part in place(t)), text)
