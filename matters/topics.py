"""Topics: the two-level list of what matters are about, with the urgency that each usually has."""

from __future__ import annotations

from dataclasses import dataclass

from core.terms import Term
from matters.attributes import Urgency

U1, U2, U3, U4 = Urgency.U1, Urgency.U2, Urgency.U3, Urgency.U4


class Field(Term):
    """The top level of the list."""

    TRAFFIC = "traffic", "交通安全", "Traffic safety"
    ORDER = "order", "社会治安", "Public order"
    FOOD = "food", "食品安全", "Food safety"
    SCHOOL = "school", "校园安全", "School safety"
    LIVELIHOOD = "livelihood", "社会民生", "Livelihood"
    ENFORCEMENT = "enforcement", "行政执法", "Administration and law enforcement"
    BUILDING = "building", "城乡建设", "Town and country building"
    MORALS = "morals", "社会风气", "Public morals"
    OTHER = "other", "其他", "Other"


@dataclass(frozen=True)
class Topic:
    """One topic; a retired one stays on old matters and is refused on new ones."""

    field: Field
    code: str
    zh: str
    en: str
    urgency: Urgency = U3
    is_retired: bool = False

    def in_language(self, language: str) -> str:
        """Return the label in one language, with its field."""
        own = self.en if language == "en" else self.zh
        return f"{self.field.in_language(language)} › {own}"


F = Field
TOPICS: tuple[Topic, ...] = (
    Topic(F.TRAFFIC, "traffic.signal", "信号灯、标志标线", "Signals, signs and markings", U2),
    Topic(F.TRAFFIC, "traffic.black_spot", "事故多发路段", "Accident black spots", U2),
    Topic(F.TRAFFIC, "traffic.parking", "乱停车、占道", "Parking and blocked roads"),
    Topic(F.TRAFFIC, "traffic.vehicles", "超速、炸街、三轮车", "Speeding, noisy and unsafe vehicles"),
    Topic(F.ORDER, "order.theft", "盗窃", "Theft"),
    Topic(F.ORDER, "order.fraud", "电信网络诈骗", "Telephone and online fraud"),
    Topic(F.ORDER, "order.fights", "打架斗殴、寻衅滋事", "Fights and provocation"),
    Topic(F.ORDER, "order.gangs", "黑恶、村霸", "Gangs and local bullies", U2),
    Topic(F.ORDER, "order.drugs", "涉毒、涉赌、涉黄", "Drugs, gambling and vice", U2),
    Topic(F.ORDER, "order.disputes", "邻里、家庭、土地纠纷", "Disputes of neighbours, families and land"),
    Topic(F.ORDER, "order.danger", "现实的人身危险", "Present danger to life", U1),
    Topic(F.FOOD, "food.shops", "食品店、餐馆卫生", "Hygiene of shops and restaurants"),
    Topic(F.FOOD, "food.poisoning", "疑似食物中毒", "Suspected food poisoning", U1),
    Topic(F.SCHOOL, "school.bullying", "校园欺凌", "Bullying", U2),
    Topic(F.SCHOOL, "school.surroundings", "校园周边", "Around the school", U2),
    Topic(F.LIVELIHOOD, "livelihood.supply", "水电气暖", "Water, power, gas and heat", U2),
    Topic(F.LIVELIHOOD, "livelihood.lighting", "市政照明", "Street lighting", U2),
    Topic(F.LIVELIHOOD, "livelihood.wages", "拖欠工资", "Unpaid wages"),
    Topic(F.LIVELIHOOD, "livelihood.care", "医疗、养老、低保", "Health, old age and allowances"),
    Topic(F.LIVELIHOOD, "livelihood.noise", "噪声、污染", "Noise and pollution"),
    Topic(F.ENFORCEMENT, "enforcement.police", "公安民警办事", "Dealings with the police"),
    Topic(F.ENFORCEMENT, "enforcement.court", "法院审判、执行", "Courts: trial and execution"),
    Topic(F.ENFORCEMENT, "enforcement.procuratorate", "检察院办事", "Dealings with the procuratorate"),
    Topic(
        F.ENFORCEMENT, "enforcement.justice", "司法所、调解、法律援助", "Justice office, mediation, legal aid"
    ),
    Topic(F.ENFORCEMENT, "enforcement.conduct", "干部作风", "Conduct of officials"),
    Topic(F.BUILDING, "building.roads", "道路、桥涵破损", "Broken roads and bridges", U2),
    Topic(F.BUILDING, "building.housing", "住房、拆迁、物业", "Housing, demolition, property services", U4),
    Topic(F.BUILDING, "building.sanitation", "垃圾、污水、厕所", "Rubbish, sewage, toilets"),
    Topic(F.MORALS, "morals.weddings", "高价彩礼、大操大办", "Bride price and lavish feasts", U4),
    Topic(F.MORALS, "morals.superstition", "封建迷信、邪教", "Superstition and cults"),
    Topic(F.OTHER, "other.praise", "表扬、建议", "Praise and suggestions", U4),
    Topic(F.OTHER, "other.other", "其他", "Other"),
)

_BY_CODE = {topic.code: topic for topic in TOPICS}


def topic(code: str) -> Topic | None:
    """Look up a topic by its code."""
    return _BY_CODE.get(code)


def offered() -> tuple[Topic, ...]:
    """List the topics that a new matter may have."""
    return tuple(t for t in TOPICS if not t.is_retired)
