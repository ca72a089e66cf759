"""Parameters of the action list."""

from __future__ import annotations

from typing import Literal

from kehu.params_types import Line, Strict, described


class ActionParams(Strict):
    """What the action list depends on."""

    playbook: Line | None = described(
        None, en="own playbook file, relative to the params file; left out: built in",
        zh="自备的行动手册文件，相对于参数文件；省略时用内置的",
    )  # fmt: skip
    consent: Literal["required", "opt_out", "ignore"] = described(
        "opt_out", en="who may be on a list of contacts: required: only those who agreed; opt_out: "
        "all but those who refused; ignore: all",
        zh="联系名单可列哪些客户：required 只列同意的，opt_out 剔除拒绝的，ignore 不论",
    )  # fmt: skip
    max_actions: int = described(
        200, en="customers on the action list", zh="行动清单的客户数上限", ge=1, le=100_000
    )
    key_pages: int = described(
        8, en="key customers with a page of their own in the report",
        zh="报告中单列一页的重要客户数", ge=0, le=60,
    )  # fmt: skip
