"""Invented names of villages and people, in characters and in pinyin."""

from collections.abc import Iterator
from dataclasses import dataclass

from demo.chance import pick, shuffled, uniform


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Read "characters pinyin, characters pinyin" into pairs."""
    return tuple((zh, en) for zh, en in (pair.split() for pair in text.split(",")))


SURNAMES = _pairs(
    "王 Wang, 李 Li, 张 Zhang, 刘 Liu, 陈 Chen, 杨 Yang, 赵 Zhao, 黄 Huang, 周 Zhou, 吴 Wu, 徐 Xu, "
    "孙 Sun, 马 Ma, 朱 Zhu, 胡 Hu, 郭 Guo, 何 He, 高 Gao, 林 Lin, 罗 Luo, 郑 Zheng, 梁 Liang, "
    "谢 Xie, 宋 Song, 唐 Tang, 许 Xu, 韩 Han, 冯 Feng, 邓 Deng, 曹 Cao, 彭 Peng, 曾 Zeng, 肖 Xiao, "
    "田 Tian, 董 Dong, 袁 Yuan, 潘 Pan, 于 Yu, 蒋 Jiang, 蔡 Cai, 余 Yu, 杜 Du, 叶 Ye, 程 Cheng, "
    "苏 Su, 魏 Wei, 吕 Lü, 丁 Ding, 沈 Shen"
)

_GIVEN = _pairs(
    "晓 xiao, 文 wen, 雨 yu, 思 si, 明 ming, 春 chun, 秋 qiu, 静 jing, 宁 ning, 远 yuan, 清 qing, "
    "和 he, 安 an, 若 ruo, 云 yun, 帆 fan, 岚 lan, 舒 shu, 禾 he, 苗 miao, 川 chuan, 然 ran, "
    "朗 lang, 溪 xi, 桐 tong, 柏 bai, 松 song, 青 qing"
)

_VILLAGE_ENDINGS = _pairs(
    "庄 zhuang, 湾 wan, 岗 gang, 楼 lou, 寨 zhai, 营 ying, 桥 qiao, 坡 po, 店 dian, 沟 gou, "
    "堂 tang, 塘 tang, 坪 ping, 圩 wei"
)

_SIDES = (("", ""), ("东", "Dong"), ("西", "Xi"), ("大", "Da"), ("小", "Xiao"), ("前", "Qian"), ("后", "Hou"))

_COMMUNITIES = _pairs(
    "和平 Heping, 幸福 Xingfu, 光明 Guangming, 建设 Jianshe, 团结 Tuanjie, 向阳 Xiangyang, 育才 Yucai, "
    "桂花 Guihua, 玉兰 Yulan, 紫荆 Zijing, 安居 Anju, 康乐 Kangle, 迎春 Yingchun, 百花 Baihua, "
    "翠园 Cuiyuan, 新风 Xinfeng, 东苑 Dongyuan, 河畔 Hepan, 书院 Shuyuan, 老街 Laojie"
)


@dataclass(frozen=True, slots=True)
class Name:
    """The same name in characters and in pinyin."""

    zh: str
    en: str


def person_name(*key: object) -> Name:
    """Return an invented person's name, always the same for the same key."""
    surname, surname_pinyin = pick(SURNAMES, *key, "surname")
    first, first_pinyin = pick(_GIVEN, *key, "first")
    second, second_pinyin = pick(_GIVEN, *key, "second")
    if uniform(*key, "syllables") < 0.25 or second == first:
        return Name(surname + first, f"{surname_pinyin} {first_pinyin.capitalize()}")
    joint = "'" if second_pinyin[0] in "aoe" else ""
    given = first_pinyin.capitalize() + joint + second_pinyin
    return Name(surname + first + second, f"{surname_pinyin} {given}")


def polite_name(*key: object) -> Name:
    """Return how a caller gives a name: the surname with a polite form of address."""
    surname, pinyin = pick(SURNAMES, *key, "surname")
    zh, en = pick((("先生", "Mr"), ("女士", "Ms"), ("师傅", "Master"), ("大姐", "Sister")), *key, "address")
    return Name(surname + zh, f"{en} {pinyin}")


def village_names(count: int, *key: object, is_street: bool) -> Iterator[Name]:
    """Give different names of villages, or of neighbourhood communities in a subdistrict."""
    if is_street:
        for zh, en in shuffled(_COMMUNITIES, *key, "community")[:count]:
            yield Name(f"{zh}社区", f"{en} Community")
        return
    surnames = shuffled(SURNAMES, *key, "village")
    for index in range(count):
        surname, pinyin = surnames[index]
        side, side_pinyin = pick(_SIDES, *key, index, "side")
        ending, ending_pinyin = pick(_VILLAGE_ENDINGS, *key, index, "ending")
        stem = side_pinyin + (pinyin.lower() if side else pinyin) + ending_pinyin
        yield Name(f"{side}{surname}{ending}村", f"{stem} Village")
