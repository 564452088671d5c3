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


AS_PEOPLE_PUT_IT = [
    "晚上吊车施工噪音很大", "楼上吊灯掉渣", "又发生了断水断电", "造成了断头路", "减轻生活负担", "年轻生意人在这里摆摊",
    "希望干部各自尽责", "商家打出跳楼价天天放喇叭", "下雨天不想活动,没有室内场地", "门口的树被砍了", "这是老人的救命钱,医保一直没报",
    "支持大刀阔斧搞改革", "坐不起火车", "大火车站旁边没有停车场", "轮胎漏气没有地方补", "年轻生命科学老师太少", "给企业减轻生产成本",
    "小区又出现了断网", "路上吊装设备没有围挡", "医院晚上吊水的人没有床位", "孩子在家里跳楼梯,楼下很吵", "沿河跳河边舞的音响太大",
    "楼上小孩整天蹦跳楼下没法睡", "想不开门店的补贴政策怎么领", "栽的行道树都不活了", "自杀式变道的大车很多", "楼道堆杂物有火灾隐患",
    "担心发生火灾,请清理楼道", "大火锅店油烟扰民", "看着就火大,没人管", "树林里的树都被偷偷砍了卖", "公交线路的班次被砍了一半",
    "村里把二十棵杨树砍了", "食堂杀了鸡当街褪毛", "不能一刀切", "举报一家卖刀的店占道", "其中毒豆芽的摊位有三家", "集中毒品宣传太少",
    "接触电梯按钮没有反应", "村落水渠堵了", "老是掉下墙皮", "人行道的砖掉下去一截", "死心塌地为群众办事", "公园长椅塌了没人修",
    "信息爆炸的时代老人不会用手机", "钥匙掉进井盖缝里", "漏装天然气的还有六户", "天然气施工把路挖断了", "物业道德绑架业主",
    "预防溺水的牌子倒了", "希望火葬场早点搬走", "克服毒瘾的人需要帮扶", "结束自己的生意后社保怎么交", "想死磕到底也要讨个说法",
]  # fmt: skip
"""Complaints as they come in, each with a piece of a word that sounds like danger."""
DANGER_AS_PEOPLE_PUT_IT = [
    "隔壁起了大火", "楼道里火苗窜上来了", "厨房烧起来了快来人", "有人在楼下放火", "他在仓库纵火", "火车着火了", "火锅店起火了",
    "消防车还没到,二楼着火", "可能着火了,全是烟", "煤气罐爆炸了", "燃气灶漏气,味道很重", "燃气表在泄漏", "天然气公司说没事可是一直有煤气味",
    "液化气瓶漏了", "一进门就闻到燃气的味道", "他举着菜刀要砍人", "有人持大刀在街上走", "树林里有人砍了他", "竹林边我哥被砍了三刀",
    "邻居被捅了", "有人追砍学生", "被人刺伤了流了好多血", "伤口血流不止", "救命啊,有人打人", "救命,孩子没呼吸了", "他把孩子劫持了",
    "一家三口煤气中毒", "吃了野蘑菇中毒了", "工人触电倒地", "河里有人落水", "孩子溺水了", "工人从架子上掉下来", "老太太掉进下水道井里",
    "老人晕倒在路边", "人昏迷了叫不醒", "老房子塌了压着人", "今天塌了一段墙,埋了人", "桥面垮了", "后山泥石流下来了",
    "工地脚手架垮塌", "男的正在殴打他老婆", "产妇大出血", "有人拿着匕首堵门", "人行道塌陷,人掉进去了",
]  # fmt: skip
CRISIS_AS_PEOPLE_PUT_IT = [
    "他在楼顶要跳楼", "我想死", "我女儿割腕了", "他说今晚就做个了断", "她要自我了断", "有轻生意图", "年轻人要轻生", "他留了遗书想自尽",
    "她在楼上上吊了", "楼上吊死了人", "晚上上吊了", "活不下去了", "再也不想活了", "不想活在这个世上", "他喝了百草枯", "喝了半瓶农药", "吞了一把安眠药",
    "她服毒了", "他要跳河", "想不开了", "一个人想不开要跳桥", "结束自己的生命", "了断自己算了", "她说死了算了", "他说一了百了", "让我去死算了",
    "孩子老是自残", "我爸寻短见", "拆迁逼得我想跳楼", "他说不活了",
]  # fmt: skip


@pytest.mark.parametrize("said", AS_PEOPLE_PUT_IT)
def test_a_piece_of_a_word_is_no_danger(said: str) -> None:
    assert not alarming(said)


@pytest.mark.parametrize("said", DANGER_AS_PEOPLE_PUT_IT)
def test_danger_as_people_put_it_is_noticed(said: str) -> None:
    assert alarming(said)
    assert not in_crisis(said)


@pytest.mark.parametrize("said", CRISIS_AS_PEOPLE_PUT_IT)
def test_a_crisis_as_people_put_it_is_noticed(said: str) -> None:
    assert in_crisis(said)


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
