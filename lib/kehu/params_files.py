"""What the params say of any file of the client: where it lies, how it is read, what it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, model_validator
from rapidfuzz import process

from kehu import presets
from kehu.params_types import Line, Strict, described

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """Something a source's parameters contradict or leave open.

    Parameters
    ----------
    code : {'KH-P02', 'KH-P03', 'KH-P06'}
        An unknown name, a missing value, or a contradiction.
    place : tuple
        Where in the source, e.g. `("columns", "date")`.
    what : str
        The sentence; empty for KH-P02 and KH-P03, which say it by the place.
    remedy : str
        What to do, besides what the parameter's own help says.
    known : tuple of str
        For KH-P02: the names known there.
    """

    code: Literal["KH-P02", "KH-P03", "KH-P06"]
    place: Place
    what: str = ""
    remedy: str = ""
    known: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = ".".join(map(str, self.place))
        return self.what or f"`{names}` is {'missing' if self.code == 'KH-P03' else 'unknown'}"


def column(en: str, zh: str) -> Any:
    """Declare a column of a file, which may be left out, by what it holds."""
    return described(None, en=f"column of {en}", zh=f"{zh}所在列")


def needed(en: str, zh: str) -> Any:
    """Declare a column that every file of its kind has."""
    return described(en=f"column of {en}", zh=f"{zh}所在列")


class Columns(Strict):
    """Which column of a file holds what."""

    required: ClassVar[tuple[str, ...]] = ()
    """Columns a file must have, or give in `constants`, besides those without a default."""
    varying: ClassVar[tuple[str, ...]] = ("customer_id", "referred_id", "order_id")
    """Columns that cannot be the same in every row."""

    @classmethod
    def needs(cls) -> list[str]:
        """List the names a file cannot do without, in the order they are declared."""
        fields = cls.model_fields.items()
        return [n for n, f in fields if f.is_required() or n in cls.required]

    @classmethod
    def may_be_constant(cls) -> tuple[str, ...]:
        """List the names that may be given once for all rows of a file."""
        return tuple(n for n in cls.model_fields if n not in cls.varying)


def mapping(en: str = "", zh: str = "") -> Any:
    """Declare the `columns` of a source."""
    return described(
        en="the kit's name on the left, the file's column on the right; `a | b`: the first that is "
        f"there, `a | -`: if there{en}",
        zh="左边是本工具的名称，右边是文件里的列名；“甲 | 乙”取文件中先有的一个，"
        f"“甲 | -”可以没有{zh}",
    )


class Source(Strict):
    """One file of the client, before it is known what it holds."""

    table_name: ClassVar[str] = ""
    """The table the source feeds."""

    path: Line | None = described(
        None, en="file, folder, pattern such as `2026-*.csv`, or zip, relative to the params file",
        zh="文件、文件夹、通配路径（如 2026-*.csv）或 zip 压缩包，相对于参数文件所在的文件夹",
        min_length=1,
    )  # fmt: skip
    database: Line | None = described(
        None, en="in place of `path`: `postgresql://user@host/name`, or a DuckDB or SQLite file",
        zh="代替 path：postgresql://用户@主机/库名，或 DuckDB、SQLite 数据库文件",
        min_length=1,
    )  # fmt: skip
    table: Line | None = described(
        None, en="table or view of the database", zh="数据库中的表或视图", min_length=1
    )
    query: str | None = described(
        None, en="SQL of the database, in place of `table`", zh="代替 table 的SQL查询", min_length=1
    )
    sheet: str | None = described(
        None, en="sheet of a workbook; left out: the first", zh="工作簿中的工作表；省略时取第一个"
    )
    header: list[Annotated[int, Field(ge=1, le=200)]] | None = described(
        None, en="row of the column names, [3], or two rows, [3, 4]; left out: found by itself",
        zh="列名所在行，如 [3]；两行表头写 [3, 4]；省略时自动识别", min_length=1, max_length=2,
    )  # fmt: skip
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
    preset: str | None = described(
        None, en="kind of export, see `kehu presets`; gives what the source leaves out",
        zh="导出文件的类型，见 kehu presets；参数未写的由它补上",
    )  # fmt: skip
    fill_down: list[str] = described(
        [], en="the kit's names of columns whose blank cells take the value above, within an order "
        "where its number is mapped and not filled itself",
        zh="列出本工具的名称：这些列的空单元格取上一行的值；映射了订单号且订单号不在其中的，"
        "只在同一订单内补全",
    )  # fmt: skip
    timezone: str | None = described(
        None, en="place whose clock counts, `Asia/Shanghai`, for times with an offset or since "
        "1970; left out: the clock as written",
        zh="时区，如 Asia/Shanghai：带时差或以1970年以来秒（毫秒）数表示的时间按此换算；"
        "省略时按所写时刻",
    )  # fmt: skip
    constants: dict[str, Line] = described(
        {}, en="the kit's name on the left, on the right what holds for every row of the file",
        zh="左边是本工具的名称，右边是对文件每一行都成立的内容，如 channel: 门店",
    )  # fmt: skip

    @classmethod
    def columns_model(cls) -> type[Columns]:
        """Return the schema of this source's columns."""
        model = cls.model_fields["columns"].annotation
        assert isinstance(model, type)
        assert issubclass(model, Columns)
        return model

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        for fault in cls._preset_faults(values):
            raise ValueError(str(fault))
        return presets.applied(values)

    @classmethod
    def _preset_faults(cls, values: Mapping[str, Any]) -> Iterator[Fault]:
        key = values.get("preset")
        if not isinstance(key, str):
            return
        preset = presets.all_presets().get(key)
        if preset is None:
            what = f"there is no preset `{key}`"
            yield Fault("KH-P06", ("preset",), what, presets.unknown(key))
        elif preset.table != cls.table_name:
            what = f"the preset `{key}` reads {preset.table}"
            yield Fault("KH-P06", ("preset",), what, f"Put the source under `{preset.table}`.")

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> Iterator[Fault]:
        """Find what a source leaves open or contradicts.

        Parameters
        ----------
        values : mapping
            A source whose values are right one by one.

        Yields
        ------
        Fault
        """
        wrong = list(cls._preset_faults(values))
        yield from wrong
        if wrong:
            return
        values = presets.applied(values)
        yield from _place_faults(values)
        model = cls.columns_model()
        columns, constants = values.get("columns") or {}, values.get("constants") or {}
        for name in constants:
            if name not in model.may_be_constant():
                yield Fault("KH-P02", ("constants", name), known=model.may_be_constant())
            elif columns.get(name) is not None:
                what = f"`{name}` is in `columns` and in `constants`"
                yield Fault("KH-P06", ("constants", name), what, "Keep one of the two.")
        for name in values.get("fill_down") or []:
            if columns.get(name) is None:
                known = tuple(n for n, c in columns.items() if c is not None)
                yield Fault("KH-P02", ("fill_down", name), known=known)
        for name in model.required:
            if columns.get(name) is None and name not in constants:
                remedy = f"The same in every row? `constants: {{{name}: …}}`."
                yield Fault("KH-P03", ("columns", name), remedy=remedy)

    @model_validator(mode="after")
    def _sound(self) -> Source:
        found = [str(fault) for fault in type(self).faults(self.model_dump())]
        if found:
            raise ValueError("; ".join(found))
        return self


def _place_faults(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Find what is wrong with where a source lies; what stands there is never repeated."""
    given = [name for name in ("path", "database") if values.get(name)]
    if len(given) != 1:
        what = f"a source has {' and '.join(f'`{n}`' for n in given) or 'no `path`'}"
        yield Fault("KH-P06", (), what, "Give one of `path` (files) and `database`.")
        return
    wanted = [name for name in ("table", "query") if values.get(name)]
    zone = values.get("timezone")
    if zone and zone not in available_timezones():
        near = process.extractOne(zone, available_timezones())
        what = f"`timezone: {zone}` is not known"
        yield Fault("KH-P06", ("timezone",), what, f"Did you mean `{near[0]}`?")
    if given == ["path"] and wanted:
        yield Fault("KH-P06", (wanted[0],), f"`{wanted[0]}` belongs to a `database`")
    if given == ["database"]:
        yield from _database_faults(values["database"], wanted)
    rows = values.get("header")
    if rows and (values.get("names") or (len(rows) == 2 and rows[1] != rows[0] + 1)):
        what = "`header` is one row, or two that follow each other, of a file without `names`"
        yield Fault("KH-P06", ("header",), what)


def _database_faults(address: str, wanted: list[str]) -> Iterator[Fault]:
    if len(wanted) != 1:
        remedy = "Give the name of a table or view, or a query."
        yield Fault(
            "KH-P06", ("database",), "a `database` needs one of `table` and `query`", remedy
        )
    if "://" not in address:
        return
    parts = urlsplit(address)
    if parts.scheme not in ("postgresql", "postgres"):
        what = f"`database` of the kind `{parts.scheme}` is not read"
        remedy = "Give postgresql://user@host/name, or a DuckDB or SQLite file."
        yield Fault("KH-P06", ("database",), what, remedy)
    if parts.password or "password" in parts.query:
        remedy = "Take it out; set PGPASSWORD, or write a line in ~/.pgpass."
        yield Fault("KH-P06", ("database",), "`database` holds a password", remedy)
