"""Parameters of the action list."""

from __future__ import annotations

from kehu.params_types import Line, Strict, described


class ActionParams(Strict):
    """What the action list depends on."""

    playbook: Line | None = described(
        None, en="own playbook file, relative to the params file; left out: built in",
        zh="自备的行动手册文件，相对于参数文件；省略时用内置的",
    )  # fmt: skip
    max_actions: int = described(
        200, en="customers on the action list", zh="行动清单的客户数上限", ge=1, le=100_000
    )
    key_pages: int = described(
        8, en="key customers with a page of their own in the report",
        zh="报告中单列一页的重要客户数", ge=0, le=60,
    )  # fmt: skip
