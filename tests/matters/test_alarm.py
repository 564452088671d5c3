"""Words of present danger are noticed however they are put, and what only sounds like them is not."""

from __future__ import annotations

import pytest

from matters.alarm import alarming, in_crisis

DANGER = [
    "小区发生火灾", "隔壁着火了", "楼下饭店起火", "天然气泄漏", "燃气泄漏,味道很大", "闻到燃气味", "厨房有煤气味",
    "家里到处是煤气", "手里有一把刀", "邻居持刀堵门", "他拿着菜刀", "有人砍人了", "老人触电了", "孩子掉进井里",
    "学校门口的墙塌了", "路面塌陷", "山体滑坡把路埋了", "有人溺水", "几十个学生食物中毒", "昏迷不醒",
    "There is a fire", "The house is on fire", "a big fire at the market", "gas everywhere", "I smell gas",
    "It smells of gas", "a gas leak in our block", "he has a knife", "a man with a kitchen knife", "she was stabbed",
    "the wall collapsed", "A child is drowning", "ＧＡＳ ＬＥＡＫ", "煤气中毒",
]  # fmt: skip
CRISIS = [
    "我不想活了", "想不开", "他说要跳楼", "活着不如死了", "家里有人喝农药", "老人要上吊", "她有轻生的念头",
    "wants to die", "I want to die", "he talks of suicide", "she said she would kill herself", "end my life",
    "He wishes he were dead",
]  # fmt: skip
HARMLESS = [
    "路灯坏了", "社区消防演习太吵", "煤气费太贵", "天然气公司一直不来开户", "楼下的刀具店占道", "刀削面馆油烟大",
    "消防通道被占", "灭火器材过期", "燃气表坏了", "消防站什么时候开门", "防火宣传没人做", "夏天热死了,没有公交站亭",
    "噪声大得吵死人", "垃圾臭死了", "火车站没有无障碍通道", "烧烤摊的烟", "希望增加一把长椅", "工资拖欠三个月",
    "天然气管道改造什么时候到我们小区", "附近有卖菜刀的摊子占道", "落水管坏了一直滴水", "手机掉进下水道",
    "fire station opening hours", "the fire drill was too loud", "the gas bill is too high", "a shop that sells knives",
    "the fire exit is blocked by boxes", "gas meter is broken", "Please repair the street lamp", "fireworks at night",
    "a knife shop blocks the pavement", "when does the gas station close",
    "the fire department parks on the pavement",
]  # fmt: skip


@pytest.mark.parametrize("said", DANGER)
def test_danger_is_noticed(said: str) -> None:
    assert alarming(said)
    assert not in_crisis(said)


@pytest.mark.parametrize("said", CRISIS)
def test_who_may_want_to_die_is_noticed(said: str) -> None:
    assert alarming(said)
    assert in_crisis(said)


@pytest.mark.parametrize("said", HARMLESS)
def test_what_only_sounds_like_danger_is_not(said: str) -> None:
    assert not alarming(said)


def test_a_harmless_word_hides_no_danger_beside_it() -> None:
    assert alarming("消防通道被占,现在楼里着火了")
    assert alarming("The fire station is far and the house is on fire")
