"""The answer scales and lists of the default instrument, with their sentences in both orders."""

Pair = tuple[str, str]
Entry = dict[str, str | Pair]

_NEAREST: Pair = (
    "如果一定要选一个，您更接近哪一个？（不读出“不知道”）",
    "If you had to choose one, which comes closest? (Do not read out “don't know”)",
)


def scale(start: Pair, ends: tuple[Pair, Pair], end: Pair = ("?", "?")) -> dict[str, str | Pair]:
    """Put a scale into a sentence in both orders; `ends` are the words in forward order, last one apart."""
    (zh, en), (zh_back, en_back) = ends
    return {
        "label": (f"{start[0]}{zh}{end[0]}", f"{start[1]}{en}{end[1]}"),
        "reversed": (f"{start[0]}{zh_back}{end[0]}", f"{start[1]}{en_back}{end[1]}"),
        "split": "order",
        "probe": _NEAREST,
        "required": "yes",
    }


def orders(zh: str, en: str) -> tuple[Pair, Pair]:
    words, english = zh.split("、"), en.split(", ")
    return (_joined(words, english), _joined(words[::-1], english[::-1]))


def _joined(words: list[str], english: list[str]) -> Pair:
    return (
        f"**{'、'.join(words[:-1])}**，还是**{words[-1]}**",
        f"**{', '.join(english[:-1])}** or **{english[-1]}**",
    )


SAFE = orders(
    "很安全、比较安全、一般、不太安全、很不安全",
    "very safe, fairly safe, average, not very safe, very unsafe",
)
CHANGE = orders(
    "好了很多、好了一些、差不多、差了一些、差了很多",
    "much better, a little better, about the same, a little worse, much worse",
)
SATISFIED = orders(
    "很满意、比较满意、一般、不太满意、很不满意",
    "very satisfied, fairly satisfied, neutral, not very satisfied, very dissatisfied",
)
TIMELY = orders(
    "很及时、比较及时、一般、不太及时、很不及时",
    "very promptly, fairly promptly, neither, rather late, far too late",
)


LISTS: dict[str, tuple[Pair, ...]] = {
    "willing": (("愿意", "Willing"), ("不愿意", "Not willing")),
    "year": (("满一年", "A year or more"), ("不满一年", "Less than a year")),
    "adult": (("已满 18 周岁", "18 or older"), ("不满 18 周岁", "Under 18")),
    "safe": (
        ("很安全", "Very safe"), ("比较安全", "Fairly safe"), ("一般", "Average"), ("不太安全", "Not very safe"),
        ("很不安全", "Very unsafe"),
    ),
    "change": (
        ("好了很多", "Much better"), ("好了一些", "A little better"), ("差不多", "About the same"),
        ("差了一些", "A little worse"), ("差了很多", "Much worse"),
    ),
    "dealt": (("打过交道", "Dealt with them"), ("没打过交道", "Did not")),
    "satisfied": (
        ("很满意", "Very satisfied"), ("比较满意", "Fairly satisfied"), ("一般", "Neutral"),
        ("不太满意", "Not very satisfied"), ("很不满意", "Very dissatisfied"),
    ),
    "happened": (("发生过", "There has been"), ("没发生过", "There has not been")),
    "timely": (
        ("很及时", "Very promptly"), ("比较及时", "Fairly promptly"), ("一般", "Neither"), ("不太及时", "Rather late"),
        ("很不及时", "Far too late"),
    ),
    "heard": (("听说过", "Heard of it"), ("没听说过", "Not heard of it")),
    "took_part": (("参加过", "Took part"), ("没参加过", "Did not take part")),
    "have": (("有", "There is"), ("没有", "There is not")),
    "register": (("要登记", "Register it"), ("不登记", "Do not register")),
    "told": (("有", "Someone has"), ("没有", "No one has")),
    "sex": (("男", "Man"), ("女", "Woman")),
    "education": (
        ("小学及以下", "Primary or less"), ("初中", "Junior secondary"), ("高中或中专", "Senior secondary or vocational"),
        ("大专", "College"), ("本科及以上", "University degree and above"),
    ),
    "area": (("城镇", "Town or city"), ("农村", "Country")),
}  # fmt: skip
"""Options are coded 1, 2, … in this order; in the scales 1 is the favourable end."""

FAVOURABLE = {"safe": 2, "satisfied": 2, "timely": 2, "change": 2}
"""How many options from the top count as favourable (top two)."""

SETTINGS = {
    "form_title": "群众安全感和政法工作满意度调查",
    "english_title": "Sense of security and satisfaction with law enforcement",
    "form_id": "security",
    "version": "1",
    "default_language": "中文 (zh)",
}
