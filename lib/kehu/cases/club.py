"""会员俱乐部, the members' club: annual memberships that last as in a published survival table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from kehu.cases import club_dirt, demo_sheet, made

VERSION = 1
"""Raised whenever the files change, so that old sets are made anew."""

SURVIVORS = {
    "普通会员": (1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173),
    "尊享会员": (1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394),
}
"""Members of each plan after 0, 1, ... 12 years: Regular and High End customers of Fader, Hardie
(2007), "How to project customer retention", J. Interactive Marketing 21, table 1, of 1,000 each."""

FEES = {"普通会员": 365, "尊享会员": 1980}
"""Annual fee in CNY."""

FAMILY, FAMILY_FEE = "家庭附属卡", 120
"""A second contract that one member in twenty holds, from the second year on."""

ANALYSIS_DATE = date(2026, 9, 30)
CALIBRATION_END = date(2021, 8, 31)
FIRST_DAY = date(2013, 10, 8)
"""First member; the last joins 270 days later, so that by the analysis date all have had the twelve
renewals of the table, and by the calibration's end seven, a month of grace included."""


@dataclass(frozen=True)
class Member:
    """One member of the club.

    Parameters
    ----------
    number : str
        Six digits with a leading zero.
    plan : str
        A key of `SURVIVORS`.
    joined : date
        First day.
    paid : int
        Annual fees paid, 1...13; who has left did so after the last of these years.
    left : bool
        Whether the member has left by the analysis date.
    late : int
        Days by which the third renewal came late: the old card ran out, and a new one began.
    family : bool
        Whether there is a second contract.
    """

    number: str
    plan: str
    joined: date
    paid: int
    left: bool
    late: int
    family: bool

    @property
    def last_day(self) -> date | None:
        """Last day of the membership; None while it runs."""
        return _anniversary(self.joined, self.paid) - timedelta(days=1) if self.left else None


@dataclass(frozen=True)
class Truth:
    """What is so in the club, whatever the files show.

    Parameters
    ----------
    members : tuple of Member
        By number.
    summary : dict
        The content of `truth/truth.json`: members, survivors and fees by plan, rows by file and
        kind of dirt.
    """

    members: tuple[Member, ...]
    summary: dict[str, Any]


def generate(folder: Path) -> Truth:
    """Write the club's files and their truth, replacing an older set.

    Parameters
    ----------
    folder : Path
        Where to write, usually `data/raw/club`; made if missing.

    Returns
    -------
    Truth

    Raises
    ------
    KehuError
        KH-S01 when the folder cannot be written.

    Notes
    -----
    Nothing is drawn by lot: the numbers of members of every age are those of the paper, so a fit to
    the first seven years gives the published parameters, and the forecast of the next five the
    published projection. The dirt takes nothing from that: what a client's file may have wrong is
    added, or written in another way.
    """
    members = tuple(_members())
    holdings = club_dirt.soiled(_contracts(members), club_dirt.HOLDINGS)
    payments = club_dirt.soiled(_payments(members), club_dirt.PAYMENTS)
    listed = club_dirt.soiled(_listed(members), club_dirt.MEMBERS)
    summary = {
        "version": VERSION,
        "analysis_date": ANALYSIS_DATE.isoformat(),
        "calibration_end": CALIBRATION_END.isoformat(),
        "members": len(members),
        "running": sum(not member.left for member in members),
        "survivors": {plan: list(numbers) for plan, numbers in SURVIVORS.items()},
        "fees": {**FEES, FAMILY: FAMILY_FEE},
        "late_renewals": sum(member.late > 0 and member.paid > 3 for member in members),
        "paid": sum(int(row["金额"]) for row in _payments(members)),
        "files": {
            "contracts.csv": holdings.counts, "payments.csv": payments.counts,
            "members.xlsx": listed.counts,
        },
    }  # fmt: skip
    people = pd.DataFrame(listed.rows)
    people = people.assign(入会日期=pd.to_datetime(people["入会日期"].replace("", None)))
    text = json.dumps(summary, ensure_ascii=False, indent=1) + "\n"
    files = {
        "contracts.csv": demo_sheet.text(pd.DataFrame(holdings.rows), "gb18030"),
        "payments.csv": demo_sheet.text(pd.DataFrame(payments.rows), "utf-8-sig"),
        "members.xlsx": demo_sheet.workbook(people, "会员"),
        "truth/truth.json": text.encode(),
    }
    made.publish(folder, files, {"version": VERSION})
    return Truth(members, summary)


def ensure(folder: Path) -> bool:
    """Generate the club's files unless a complete set of this version is there.

    Parameters
    ----------
    folder : Path
        Where the files belong, usually `data/raw/club`.

    Returns
    -------
    bool
        Whether files were written.

    Raises
    ------
    KehuError
        KH-S01 when the folder cannot be written.
    """
    if made.is_complete(folder, {"version": VERSION}):
        return False
    generate(folder)
    return True


def _members() -> Iterator[Member]:
    """List the members; a plan's losses fall on its members in steps of a prime, not in order."""
    for p, (plan, survivors) in enumerate(SURVIVORS.items()):
        paid = [year for year in range(1, 13) for _ in range(survivors[year - 1] - survivors[year])]
        paid += [13] * survivors[12]
        for i in range(survivors[0]):
            years = paid[i * 617 % len(paid)]
            yield Member(
                number=f"0{10000 + 2 * i + p + 3 * (i // 7):05d}",
                plan=plan,
                joined=FIRST_DAY + timedelta(days=(i * 270) // survivors[0] + p),
                paid=years,
                left=years < 13,
                late=5 + i % 20 if i % 29 == 3 else 0,
                family=i % 20 == 7,
            )


def _contracts(members: tuple[Member, ...]) -> list[dict[str, str]]:
    """List the contracts, one row for each card, by first day."""
    rows = [row for member in members for row in _cards(member)]
    return sorted(rows, key=lambda row: (row["开始日期"], row["会员号"], row["会籍"]))


def _cards(member: Member) -> Iterator[dict[str, str]]:
    fee = FEES[member.plan]
    if member.late and member.paid > 3:
        renewed = _anniversary(member.joined, 3)
        yield _card(member, member.plan, member.joined, renewed - timedelta(days=1), fee)
        late = renewed + timedelta(days=member.late)
        yield _card(member, member.plan, late, member.last_day, fee)
    else:
        yield _card(member, member.plan, member.joined, member.last_day, fee)
    if member.family and member.paid > 1:
        second = _anniversary(member.joined, 1)
        yield _card(member, FAMILY, second, member.last_day, FAMILY_FEE)


def _card(member: Member, plan: str, start: date, end: date | None, fee: int) -> dict[str, str]:
    last = "" if end is None else end.isoformat()
    return {
        "会员号": member.number, "会籍": plan, "开始日期": start.isoformat(), "结束日期": last,
        "年费": str(fee),
    }  # fmt: skip


def _payments(members: tuple[Member, ...]) -> list[dict[str, str]]:
    """List the fees paid, one row each, by day."""
    rows = []
    for member in members:
        for year in range(member.paid):
            wait = member.late if year == 3 else 0
            day = _anniversary(member.joined, year) + timedelta(days=wait)
            fee = FEES[member.plan] + (FAMILY_FEE if member.family and year else 0)
            rows.append(
                {
                    "流水号": f"{day:%Y%m%d}{member.number}", "会员号": member.number,
                    "缴费日期": day.isoformat(), "金额": str(fee),
                }
            )  # fmt: skip
    return sorted(rows, key=lambda row: (row["缴费日期"], row["流水号"]))


def _listed(members: tuple[Member, ...]) -> list[dict[str, str]]:
    surnames, cities = (
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林",
        ("上海", "杭州", "苏州", "南京", "宁波"),
    )
    return [
        {
            "会员号": member.number, "姓名": surnames[i % 18] + "伟芳娜敏静丽强磊洋艳"[i % 10],
            "入会日期": member.joined.isoformat(), "城市": cities[i * 7 % 11 % 5],
            "会员等级": member.plan,
        }
        for i, member in enumerate(sorted(members, key=lambda member: member.number))
    ]  # fmt: skip


def _anniversary(day: date, years: int) -> date:
    """Return the same day some years later; no member joined on 29 February."""
    return day.replace(year=day.year + years)
