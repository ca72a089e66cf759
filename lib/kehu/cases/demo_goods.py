"""What the demo shop sells, and the baskets its orders are made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

CHANNELS = ["小程序", "天猫", "京东", "抖音", "线下门店"]
CHANNEL_SHARES = [0.35, 0.25, 0.15, 0.15, 0.10]

CATALOGUE: dict[str, str] = {
    "食品零食": "海苔脆片 9.9 手工蛋卷 15.9 牛肉干 29.9 挂耳咖啡 49 明前龙井 79 "
    "坚果礼盒 128 粽子礼盒 168 车厘子礼盒 239 滋补燕窝 399 海参礼盒 699",
    "家居日用": "洗碗海绵 8.9 垃圾袋 14.9 香薰蜡烛 29.9 收纳箱 49 保温杯 79 "
    "乳胶枕 129 竹纤维毛巾 19.9 纯棉四件套 269 蚕丝被 459 人体工学椅 899",
    "美妆个护": "补水面膜 9.9 洗面奶 19.9 护手霜 35 防晒霜 59 洗发水套装 89 "
    "口红 149 精华液 219 电动牙刷 299 护肤礼盒 499 吹风机 799",
    "母婴玩具": "婴儿湿巾 9.9 儿童绘本 18.8 磨牙饼干 26.8 积木 59 婴儿纸尿裤 99 "
    "儿童水杯 69 早教机 199 婴儿背带 259 儿童平衡车 429 婴儿推车 859",
    "服饰鞋包": "棉袜 12.9 发带 19.9 运动毛巾 36 纯棉短袖 69 帆布包 99 "
    "运动裤 139 针织衫 199 运动鞋 329 双肩包 269 羽绒服 799",
    "数码家电": "数据线 12.9 手机壳 19.9 充电头 39 蓝牙音箱 99 充电宝 129 "
    "无线耳机 199 空气炸锅 299 电饭煲 369 扫地机器人 1299 平板电脑 1999",
}
"""Category to its ten products and list prices in CNY."""

_POPULARITY = np.array([0.30, 0.20, 0.18, 0.12, 0.12, 0.08])
_LINES, _LINE_SHARES = [1, 2, 3], [0.62, 0.27, 0.11]
_INTS = npt.NDArray[np.int64]


def products() -> pd.DataFrame:
    """Return the catalogue: `product_id`, `product`, `category`, `unit_price` in cents."""
    rows = []
    for c, (category, text) in enumerate(CATALOGUE.items(), start=1):
        words = text.split()
        for i, (name, price) in enumerate(zip(words[::2], words[1::2], strict=True), start=1):
            rows.append((f"P{c}{i:02d}", name, category, round(float(price) * 100)))
    return pd.DataFrame(rows, columns=["product_id", "product", "category", "unit_price"])


def baskets(orders: pd.DataFrame, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Split every order into one to three lines, each of another category.

    Parameters
    ----------
    orders : pandas.DataFrame
        One row per order, sorted by time: `owner` (row of `people`), `time`, `value` in CNY.
    people : pandas.DataFrame
        One row per buyer: `customer_id`, `channel`, `favourite`.
    rng : numpy.random.Generator
        Source of every draw.

    Returns
    -------
    pandas.DataFrame
        One row per line, as in `Truth.lines`, but `unit_price` and `amount` in whole cents.

    Notes
    -----
    A line's amount comes first; product and quantity are then the cheapest of the line's category
    whose list price covers it. What lies between is the discount, as in 实付金额.
    """
    n_lines = rng.choice(_LINES, len(orders), p=_LINE_SHARES)
    used = np.arange(_LINES[-1]) < n_lines[:, None]
    order, place = used.nonzero()
    owner = orders["owner"].to_numpy()[order]
    category = _categories(people["favourite"].to_numpy()[orders["owner"]], rng)[order, place]
    amount = _split(orders["value"].to_numpy(), used, rng)[order, place]
    product, quantity = _goods(category, amount)
    ids = orders["time"].dt.strftime("%Y%m%d") + [f"{i:06d}" for i in range(1, len(orders) + 1)]
    usual = people["channel"].to_numpy()[orders["owner"]]
    other = rng.choice(CHANNELS, len(orders), p=CHANNEL_SHARES)
    channel = np.where(rng.random(len(orders)) < 0.8, usual, other)
    lines = {
        "customer_id": people["customer_id"].to_numpy()[owner],
        "order_id": ids.to_numpy()[order],
        "time": orders["time"].to_numpy()[order],
        **{name: column.to_numpy()[product] for name, column in products().items()},
        "quantity": quantity,
        "amount": amount,
        "channel": channel[order],
    }
    return pd.DataFrame(lines)


def _categories(favourite: npt.NDArray[np.object_], rng: np.random.Generator) -> _INTS:
    """Rank the categories for each order, the favourite one three times as likely."""
    liked = favourite[:, None] == np.array(list(CATALOGUE), dtype=object)
    weight = _POPULARITY * np.where(liked, 3, 1)
    # Sorting by exponential over weight draws without replacement, by weight.
    ranks = np.argsort(rng.exponential(size=weight.shape) / weight, axis=1)
    return np.asarray(ranks, dtype=np.int64)


def _split(
    value: npt.NDArray[np.float64], used: npt.NDArray[np.bool_], rng: np.random.Generator
) -> _INTS:
    """Split each order's value into whole cents of its lines, to the cent."""
    share = rng.gamma(3, 1, used.shape) * used
    cents = np.maximum(np.round(value * 100), 100).astype(np.int64)
    share /= share.sum(axis=1, keepdims=True)
    parts: _INTS = np.floor(cents[:, None] * share).astype(np.int64)
    parts[:, 0] += cents - parts.sum(axis=1)
    return parts


def _goods(category: _INTS, amount: _INTS) -> tuple[_INTS, _INTS]:
    """Find product (row of the catalogue) and quantity whose list price covers each amount."""
    price = products()["unit_price"].to_numpy().reshape(len(CATALOGUE), -1)
    product, quantity = np.empty_like(amount), np.empty_like(amount)
    for c, prices in enumerate(price):
        mine = np.flatnonzero(category == c)
        totals = np.outer([1, 2, 3], prices).ravel()
        order = np.argsort(totals, kind="stable")
        place = order[np.minimum(np.searchsorted(totals[order], amount[mine]), totals.size - 1)]
        pick = place % prices.size
        product[mine] = c * prices.size + pick
        enough = -(-amount[mine] // prices[pick])
        quantity[mine] = np.maximum(place // prices.size + 1, enough)
    return product, quantity
