"""What the demo shop's customers write: sentences put together, each with its topic and tone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_BAD = {
    "物流": [
        "下单{days}天了还没收到{product}", "物流信息三天没更新，{product}一直卡在中转站",
        "说好次日达，结果等了{days}天", "快递没打电话就放在驿站，{product}差点丢了",
        "外包装破了个大口子，{product}也压坏了", "配送员态度不好，还不肯送上楼",
        "催了两次发货都没有动静",
    ],
    "商品": [
        "{product}和图片差别太大", "{product}用了{days}天就坏了", "收到的{product}有明显瑕疵",
        "{product}味道很冲，不敢用", "尺寸和页面写的对不上", "这次的{product}做工比上次差多了",
        "{product}少发了一件配件", "买到临期的{product}",
    ],
    "客服": [
        "问了{days}次都是机器人回复", "客服一直让我等，等了一下午没有下文",
        "客服答非所问，态度也敷衍", "电话打了很多遍没人接", "前后两个客服说法不一样",
        "投诉以后没有人回访",
    ],
    "网站": [
        "小程序付款时总是闪退", "搜{product}搜不到，要翻好几页", "优惠券到结算页就用不了",
        "页面加载太慢，图片半天出不来", "订单状态显示不对，看不到发货信息",
    ],
    "价格": [
        "刚买完{product}第二天就降价", "同样的{product}别家便宜不少",
        "满减规则太复杂，算下来没有便宜", "运费比以前贵了", "会员价和普通价差不多",
    ],
    "售后": [
        "退货申请{days}天了还没处理", "退款迟迟不到账", "换回来的{product}还是坏的",
        "退货运费要我自己出，不合理", "售后要我反复上传照片",
    ],
}  # fmt: skip
_GOOD = {
    "物流": ["发货很快，第二天就到了", "包装很仔细，{product}完好无损",
             "快递小哥很有耐心，送货上门"],
    "商品": ["{product}质量很好，家里人都喜欢", "{product}比想象中好用", "东西实在，已经回购好几次",
             "{product}用料扎实，性价比高"],
    "客服": ["客服很耐心，问题当天就解决了", "客服回复及时，讲得很清楚", "售前推荐得很准"],
    "网站": ["小程序好用，找东西方便", "下单流程很顺", "页面清楚，规格写得明白"],
    "价格": ["活动力度大，价格实惠", "用券之后很划算"],
    "售后": ["退换货很爽快，没有扯皮", "换货第二天就寄出来了"],
}  # fmt: skip
_MILD = [
    "整体还可以", "中规中矩", "没有特别的感觉", "一般，先观望", "还行，希望{topic}再好一点",
    "{topic}方面还有提升空间", "比预期好一点，但谈不上惊喜", "和以前差不多", "价格合适会再来",
    "基本满意，{topic}可以再改进",
]  # fmt: skip
_ASKS = {
    "物流": ["想问一下{product}什么时候发货", "能不能改一下收货地址", "可以指定快递吗"],
    "商品": ["请问{product}有别的颜色吗", "{product}适合老人用吗", "{product}保质期多久",
             "想确认一下{product}的尺寸"],
    "价格": ["{product}最近有活动吗", "会员生日券怎么领", "多买几件{product}能优惠吗"],
    "网站": ["小程序里怎么开发票", "积分在哪里看", "换了手机号怎么改绑"],
    "售后": ["{product}可以七天无理由退吗", "保修期怎么算"],
}  # fmt: skip
_IDEAS = {
    "物流": ["建议增加晚间配送时段", "希望可以用环保包装"],
    "商品": ["建议{product}出一个小规格", "希望多上一些当季的{product}",
             "建议{product}附一张使用说明"],
    "网站": ["建议小程序加上收藏清单", "希望订单可以合并付款", "建议搜索支持按价格排序"],
    "客服": ["希望晚上也有人工客服", "建议投诉有进度查询"],
    "价格": ["建议老会员有专属价", "希望优惠券可以叠加"],
}  # fmt: skip
_REPLIES = {
    "已采纳": {
        "物流": "已采纳：本月起在两个城市试行，感谢您的建议。",
        "商品": "已采纳：已列入下季选品，上架后短信告知您。",
        "网站": "已采纳：排入小程序下一版，预计下月上线。",
        "客服": "已采纳：客服排班已调整，下月起执行。",
        "价格": "已采纳：会员权益方案已修订，下季度生效。",
    },
    "未采纳": {
        "物流": "感谢建议，承运商目前还做不到，暂不采纳，已存档。",
        "商品": "感谢建议，供应商起订量较大，暂不采纳，已存档。",
        "网站": "感谢建议，与现有流程有冲突，暂不采纳，已存档。",
        "客服": "感谢建议，人手所限，暂不采纳，已存档。",
        "价格": "感谢建议，与现行促销规则不符，暂不采纳，已存档。",
    },
    "投诉": {
        "物流": "已致歉并补偿运费券，已约谈承运商。",
        "商品": "已办理换货，并通知供应商整改。",
        "客服": "已致歉，当事客服重新培训。",
        "网站": "故障已修复，请您再试，给您添麻烦了。",
        "价格": "已核对价格并退还差价。",
        "售后": "退款已原路退回，请注意查收。",
    },
}
_PASSED_ON = "您的建议已转相关部门研究，感谢支持。"
_ENGLISH = {
    "bad": {
        "物流": "Delivery took {days} days, far too slow.",
        "商品": "Not as described, quite disappointed.",
        "客服": "Nobody answered my message.",
        "网站": "Checkout failed twice.",
        "价格": "Too expensive compared with other shops.",
        "售后": "Still waiting for my refund.",
    },
    "good": {
        "物流": "Arrived the next day, well packed.",
        "商品": "Good quality, will buy again.",
        "客服": "Support was friendly and quick.",
        "网站": "The app is easy to use.",
        "价格": "Fair prices.",
        "售后": "Refund came the next day.",
    },
}
_OPEN = {
    "bad": [
        "",
        "",
        "很失望，",
        "说实话，",
        "老顾客了，",
        "第一次给差评，",
        "这次体验不好，",
        "怎么回事，",
    ],
    "good": ["", "", "很满意，", "必须点赞，", "一如既往，", "朋友推荐来的，"],
}
_CLOSE = {
    "bad": ["。", "，希望尽快处理。", "，请给个说法。", "，下次不敢买了。", "，麻烦改进一下。",
            "，耽误事。", "！", "，已经影响使用。"],
    "good": ["。", "，会继续支持。", "，推荐给同事了。", "！", "，下次还来。"],
}  # fmt: skip

TOPICS = list(_BAD)
"""What people write about."""

ENGLISH = 0.04
"""Share of the comments that are written in English."""


def complaint(topic: str, product: str, rng: np.random.Generator) -> str:
    """Write a complaint about a topic."""
    return _written(_BAD[topic], "bad", product, rng)


def praise(topic: str, product: str, rng: np.random.Generator) -> str:
    """Write words of thanks about a topic."""
    return _written(_GOOD[topic], "good", product, rng)


def enquiry(topic: str, product: str, rng: np.random.Generator) -> str:
    """Write a question about a topic."""
    return _filled(_one(_ASKS[topic], rng) + "？", product, rng)


def suggestion(topic: str, product: str, rng: np.random.Generator) -> str:
    """Write an idea about a topic."""
    return _filled(_one(_IDEAS[topic], rng) + "。", product, rng)


def reply(outcome: str, topic: str) -> str:
    """Write what the shop told a customer.

    Parameters
    ----------
    outcome : str
        已采纳, 未采纳 or 已办结 for an idea; 投诉 for a complaint that was settled.
    topic : str
        One of `TOPICS`.
    """
    return _REPLIES[outcome][topic] if outcome in _REPLIES else _PASSED_ON


def comment(topic: str, tone: str, product: str, rng: np.random.Generator) -> str:
    """Write what somebody adds to a questionnaire.

    Parameters
    ----------
    topic : str
        One of `TOPICS`.
    tone : {'bad', 'mild', 'good'}
    product : str
        Something the customer bought.
    rng : numpy.random.Generator
        Source of every draw.
    """
    if rng.random() < ENGLISH and tone != "mild":
        return _filled(_ENGLISH[tone][topic], product, rng)
    if tone == "mild":
        return _filled(_one(_MILD, rng).replace("{topic}", topic) + "。", product, rng)
    return (complaint if tone == "bad" else praise)(topic, product, rng)


def asks_about() -> list[str]:
    """List the topics people ask about."""
    return list(_ASKS)


def ideas_about() -> list[str]:
    """List the topics people have ideas for."""
    return list(_IDEAS)


def _written(cores: Sequence[str], tone: str, product: str, rng: np.random.Generator) -> str:
    text = _one(_OPEN[tone], rng) + _one(cores, rng) + _one(_CLOSE[tone], rng)
    return _filled(text, product, rng)


def _filled(text: str, product: str, rng: np.random.Generator) -> str:
    return text.replace("{product}", product).replace("{days}", str(rng.integers(3, 12)))


def _one(sentences: Sequence[str], rng: np.random.Generator) -> str:
    return sentences[int(rng.integers(len(sentences)))]
