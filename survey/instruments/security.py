"""The wording of the default instrument: sense of security and satisfaction with law enforcement.

Rules of the wording: both ends of every scale are offered, "don't know" and refusal are recorded but never read out,
behaviour is asked with its period, and nothing is put into anybody's mouth. Bold marks what the voice stresses.
"""

from survey.instruments.security_scales import CHANGE, SAFE, SATISFIED, TIMELY, Entry, Pair, scale

_IMPRESSION: Pair = (
    "没打过交道的，凭平时的了解说就行；实在说不上来，记“不知道”。",
    "If never dealt with them: “just from what you know of them.” If there is really no view, record don't know.",
)
_RANGE: Pair = ("请核对数字，超出了可能的范围", "Please check the number: it is out of range")


def _office(code: str, zh: str, en: str, example: Pair) -> list[Entry]:
    return [
        {
            "type": "select_one dealt",
            "name": f"{code}_contact",
            "label": (
                f"最近 12 个月，您本人和**{zh}**打过交道，还是没打过交道？比如{example[0]}。",
                f"In the last 12 months, have you yourself dealt with **{en}** or not? For example {example[1]}.",
            ),
            "required": "yes",
        },
        {
            "type": "select_one satisfied",
            "name": code,
            **scale((f"总的来说，您对{zh}的工作", f"Overall, with the work of {en}, are you "), SATISFIED),
            "probe": _IMPRESSION,
            "index": "enforcement",
        },
    ]


_LIST: Pair = (
    "下面我念几件事。您**不用说是哪几件**，只要告诉我，最近一个月您遇到过的**一共有几件**。",
    "I will read a few things. **Do not tell me which ones**; just tell me **how many** of them happened to you in the "
    "last month.",
)
_REPEAT: Pair = ("可以把几件事再念一遍；只记件数。", "The list may be read again; record only the number.")
_ITEMS: tuple[Pair, ...] = (
    ("接到过快递或外卖的电话", "a call from a courier or food delivery"),
    ("在住处附近见到过巡逻的人", "seeing someone on patrol near home"),
    ("参加过村民或居民会议", "going to a meeting of villagers or residents"),
    ("收到过可疑的诈骗短信", "receiving a suspicious text message"),
)
_COACHED: Pair = (
    "有人告诉过您接到这类调查电话该怎么回答",
    "being told how to answer survey calls like this one",
)


def _list(arm: str, items: tuple[Pair, ...]) -> Entry:
    zh = "；".join(f"第{'一二三四五'[n]}，{item[0]}" for n, item in enumerate(items))
    en = "; ".join(f"{n}, {item[1]}" for n, item in enumerate(items, 1))
    return {
        "type": "integer",
        "name": f"c1_list_{arm}",
        "label": (f"{_LIST[0]}{zh}。", f"{_LIST[1]} {en}."),
        "split": f"list={arm}",
        "constraint": f". >= 0 and . <= {len(items)}",
        "constraint_message": (f"件数在 0 到 {len(items)} 之间", f"The number is between 0 and {len(items)}"),
        "probe": _REPEAT,
        "required": "yes",
        "sensitive": "yes",
    }


def _asked(kind: str, name: str, zh: str, en: str, **more: str | Pair) -> Entry:
    return {"type": kind, "name": name, "label": (zh, en), "required": "yes", **more}


def _number(name: str, zh: str, en: str, low: int, high: int) -> Entry:
    rule = f". >= {low} and . <= {high}"
    return _asked("integer", name, zh, en, constraint=rule, constraint_message=_RANGE)


_ELIGIBLE = "${consent} = '1' and ${residence} = '1' and ${adult} = '1'"

SURVEY: list[Entry] = [
    {
        "type": "note",
        "name": "intro",
        "label": (
            "您好！我是社情民意调查中心的访员，正在做一项**社会治安和政法工作**的电话调查，大约五分钟。"
            "您的号码是随机抽到的，回答只做汇总统计，不记姓名。",
            "Hello. I am an interviewer of the public opinion centre. We are doing a telephone survey about **public safety "
            "and the work of law enforcement**; it takes about five minutes. Your number was drawn at random, answers are "
            "only used in totals, and no name is recorded.",
        ),
        "hint": (
            "对方在开车或不方便说话，先预约时间。",
            "If the person is driving or cannot talk, make an appointment.",
        ),
    },
    _asked(
        "select_one willing", "consent",
        "为了检查访问质量，通话会**录音**。参加是**自愿**的，哪道题不想答都可以跳过，也可以随时停下。您愿意现在接受访问，还是不愿意？",
        "To check the quality of interviewing, the call is **recorded**. Taking part is **voluntary**: you may skip any "
        "question and stop at any time. Are you willing to take part now or not?",
        hint=("没空不等于拒绝：先问什么时候方便。", "No time is not a refusal: first ask when would suit."),
    ),
    {"type": "begin group", "name": "screener", "label": ("甄别", "Screener"), "relevant": "${consent} = '1'"},
    _asked(
        "select_one year", "residence",
        "到现在为止，您在本县（市、区）住**满一年**了，还是**不满一年**？",
        "Have you by now lived in this county for **a year or more**, or for **less than a year**?",
    ),
    _asked(
        "select_one adult", "adult",
        "请问您**已满 18 周岁**，还是**不满 18 周岁**？", "Are you **18 or older**, or **under 18**?",
    ),
    {"type": "end group", "name": "screener"},
    {
        "type": "note", "name": "not_eligible",
        "label": (
            "这次只访问在本地住满一年的成年人。打扰您了，谢谢，再见！",
            "This survey is for adults who have lived here for a year. Thank you, and goodbye.",
        ),
        "relevant": "${residence} = '2' or ${adult} = '2'",
    },
    {"type": "begin group", "name": "safety", "label": ("安全感", "Sense of security"), "relevant": _ELIGIBLE},
    {
        "type": "select_one safe", "name": "s1_safety", "index": "safety",
        **scale(("在目前的社会治安环境下，您感觉", "With public safety as it is now, do you feel "), SAFE),
    },
    {
        "type": "select_one safe", "name": "s2_night",
        **scale(("天黑以后，一个人在住处附近走路，您感觉", "Walking alone near home after dark, do you feel "), SAFE),
    },
    {
        "type": "select_one change", "name": "s3_change",
        **scale(
            ("和一年前比，您住的地方社会治安", "Compared with a year ago, is public safety where you live "), CHANGE
        ),
    },
    {"type": "end group", "name": "safety"},
    {
        "type": "begin group", "name": "enforcement", "relevant": _ELIGIBLE,
        "label": ("政法机关满意度", "Satisfaction with law enforcement"),
    },
    *_office("e1_police", "公安派出所和民警", "the police", ("办身份证、报警、求助", "identity cards, reports, help")),
    *_office("e2_traffic", "交警", "the traffic police", ("处理事故、办驾照", "accidents, driving licences")),
    *_office("e3_court", "法院", "the courts", ("打官司、旁听、咨询", "a lawsuit, attending a hearing, advice")),
    *_office("e4_procuratorate", "检察院", "the procuratorate", ("控告、申诉、作证", "complaints, appeals, testimony")),
    *_office(
        "e5_justice", "司法所和法律服务机构", "the justice office and legal services",
        ("调解、公证、法律援助", "mediation, notarisation, legal aid"),
    ),
    {"type": "end group", "name": "enforcement"},
    {"type": "begin group", "name": "nearby", "label": ("身边的事", "Around you"), "relevant": _ELIGIBLE},
    _asked(
        "select_one happened", "d1_dispute",
        "最近 12 个月，您身边**发生过**还是**没发生过**矛盾纠纷？比如邻里、家庭、土地、欠薪方面的。",
        "In the last 12 months, **has there been** or **has there not been** a dispute near you? For example between "
        "neighbours, in a family, about land or unpaid wages.",
    ),
    {
        "type": "select_one timely", "name": "d1_handled", "relevant": "${d1_dispute} = '1'",
        **scale(("这些纠纷，有关方面处理得", "Were these disputes handled "), TIMELY),
    },
    _asked(
        "select_one heard", "k1_know",
        "您住的地方开展的**平安建设**，比如治安巡逻、纠纷调解、防诈骗宣传，您**听说过**还是**没听说过**？",
        "**Safe-community work** means patrols, mediation of disputes, warnings against fraud and the like. Have you "
        "**heard** or **not heard** of it where you live?",
    ),
    _asked(
        "select_one took_part", "k2_took_part",
        "最近 12 个月，这类活动您**参加过**还是**没参加过**？",
        "In the last 12 months, have you **taken part** or **not taken part** in it?", relevant="${k1_know} = '1'",
    ),
    _asked(
        "select_one have", "o1_problem",
        "您身边现在**有**还是**没有**需要解决的问题？比如治安、噪声、路灯、欠薪，大小都可以说。",
        "**Is there** or **is there not** a problem near you that needs solving? For example crime, noise, street lights, "
        "unpaid wages; large or small.",
        hint=("对方说了问题：记“有”，下一题问是否登记。", "If one is named: record yes; the next question asks to register it."),
    ),
    _asked(
        "select_one register", "o1_register",
        "我可以把这件事登记下来，转给有关单位办理，并告诉您编号和答复时间。您**要登记**，还是**不登记**？",
        "I can register it for the unit in charge, and tell you its number and when you will hear. Shall I **register it** "
        "or **not**?",
        relevant="${o1_problem} = '1'", hint=("要登记：按 F2，登记后接着访问。", "To register: press F2, then go on."),
    ),
    _list("short", _ITEMS),
    _list("long", (*_ITEMS[:2], _COACHED, *_ITEMS[2:])),
    _asked(
        "select_one told", "c1_direct",
        "最近一个月，**有**还是**没有**人告诉过您，接到这类调查电话应该怎么回答？",
        "In the last month, **has** anyone **or has no one** told you how to answer survey calls like this one?",
        sensitive="yes",
        probe=("不问是谁说的；怎么说都如实记录。", "Do not ask who; record the answer as it is given."),
    ),
    {"type": "end group", "name": "nearby"},
    {"type": "begin group", "name": "background", "label": ("背景", "Background"), "relevant": _ELIGIBLE},
    _asked(
        "select_one sex", "sex", "请问您是**先生**还是**女士**？", "May I ask: are you **a man** or **a woman**?",
        hint=("听声音能确定的直接记录，不必问。", "Record it without asking if the voice leaves no doubt."),
    ),
    _number("age", "请问您今年多少**周岁**？", "How old are you, in full **years**?", 18, 110),
    _asked(
        "select_one education", "education",
        "您的文化程度是**小学及以下、初中、高中或中专、大专**，还是**本科及以上**？",
        "Is your education **primary or less, junior secondary, senior secondary or vocational, college** or **university "
        "degree and above**?",
    ),
    _asked(
        "select_one area", "area",
        "您现在住在**城镇**（市区、县城、镇上），还是**农村**？", "Do you now live in a **town or city**, or in the **country**?",
    ),
    _number("mobiles", "您本人平时用**几个**手机号码？", "**How many** mobile numbers do you yourself use?", 0, 9),
    _number(
        "landlines", "您家里有**几部**能打通的固定电话？没有就是 0。",
        "**How many** working landlines are there in your home? None is 0.", 0, 9,
    ),
    {"type": "end group", "name": "background"},
    {
        "type": "note", "name": "thanks", "relevant": _ELIGIBLE,
        "label": ("我的问题问完了。谢谢您的支持，再见！", "That was my last question. Thank you very much, and goodbye."),
    },
    {
        "type": "calculate_here", "name": "outcome",
        "calculation": "if(${consent} = '2', '2.112', if(${residence} = '2' or ${adult} = '2', '4.70', "
        "if(${consent} = '' or ${residence} = '' or ${adult} = '', '3.21', '1.1')))",
    },
]  # fmt: skip
