"""Alarm: words of present danger in what was written down, so that the greatest urgency is proposed.

The patterns are read by Python and by the browser alike, so they hold to what both understand.
"""

from __future__ import annotations

import re
import unicodedata

HARMLESS = (
    r"(消防|防火|灭火|防爆|逃生|火灾)[^，。；！？,.;!?]{0,4}(演习|演练|培训|宣传|讲座|检查|设施|器材|通道|水源)",
    r"消防(站|队|栓|车|局|大队|救援站)",
    r"(煤气|燃气|天然气)(费|表|公司|账单|缴费|价|卡|户|灶|热水器|管道改造|改造|工程|入户|开户|开通|安装)",
    r"煤气(罐|瓶)(太贵|涨价|多少钱)",
    r"(刀具|菜刀|剪刀|刀)(店|厂|铺|架|市场)",
    r"刀(削面|郎|片|鱼)",
    r"爆炸(性新闻|式增长)",
    r"食物中毒(讲座|知识|宣传)",
    r"落水(管|口|斗)|(饲料|病毒|电脑)中毒",
    r"塌(实|方治理工程|陷治理工程)",
    r"笑死|累死|热死|冷死|气死|吵死|臭死|烦死|急死",
    r"fire[ -](station|drill|engine|hydrant|extinguisher|exit|exits|safety|insurance|lane|lanes|alarm test|truck|brigade|department|service|fighters?|door|doors|inspection)s?",
    r"(gas)[ -](bill|bills|meter|meters|price|prices|company|station|stations|fee|fees|supply works)",
    r"knife[ -](shop|sharpener|sharpening|factory)",
    r"camp ?fires?|fireworks?|fireplaces?",
)
"""Looks like danger and is none: taken out before anything else is looked for."""

DANGER = (
    r"[着起失走]了?[大]?火(了|灾)?|火灾|大火|火势|烧起来",
    r"爆炸|爆燃",
    r"(煤气|燃气|天然气|液化气|瓦斯|毒气|氨气)[^，。；！？,.;!?]{0,6}(泄|漏|味|中毒|爆)",
    r"(泄|漏)[^，。；！？,.;!?]{0,3}(煤气|燃气|天然气|液化气|瓦斯|毒气)|闻到[^，。；！？,.;!?]{0,6}(煤气|燃气|天然气|气味)",
    r"漏气|到处(都)?是(煤气|燃气|天然气)",
    r"(持|拿|握|挥|举|亮出)[^，。；！？,.;!?]{0,5}(刀|匕首|斧头)|(带|藏)[^，。；！？,.;!?]{0,2}(刀|匕首)|有刀|有一?把[^，。；！？,.;!?]{0,2}(刀|匕首)",
    r"(砍|捅|刺|杀)(人|伤|死|了)",
    r"救命|杀人|绑架|劫持|家暴正在",
    r"中毒|触电|溺水|落水|(人|孩|老|生|工)[^，。；！？,.;!?]{0,4}掉[进到下入]|掉[进到入][^，。；！？,.;!?]{0,4}(井|河|塘|坑)|昏迷|晕倒|没有呼吸|不省人事",
    r"(房|楼|墙|桥|路面?|地面?|山|顶|棚|脚手架|矿|堤|坝|隧道)[^，。；！？,.;!?]{0,4}(塌|垮)|塌(了|方|陷)|山体滑坡|泥石流|决堤",
    r"\b(on|caught|catch|catching) fire\b|\bset [^.,;]{0,20}on fire\b|\b(there is|there's|there was|a|the|big|huge) (big |huge )?fire\b|\bfire (has )?(broke|broken|is|in|at)\b|\bburning (down|house|building)\b",
    r"\b(gas|carbon monoxide)\b[^.,;]{0,20}\b(leak|leaks|leaking|smell|everywhere|poison\w*|explo\w+)|\b(smell|smells|smelling|smelled|leak|leaks|leaking)\b[^.,;]{0,15}\bgas\b|\bgas leak",
    r"\bexplosion|\bexploded|\bblew up\b",
    r"\b(a|with|has|holding|carrying|waving|pulled|drew)\b[^.,;]{0,12}\b(knife|axe|machete|gun)\b|\bstabb(ed|ing)\b",
    r"\bdrown(ed|ing|s)?\b|\bcollapsed?\b|\bunconscious\b|\bnot breathing\b|\bpoison(ed|ing)\b|\belectrocuted\b|\blandslide\b",
)
"""Put the caller through to 110, 119 or 120 first, then write."""

CRISIS = (
    r"自杀|自尽|轻生|自残|寻死|寻短见|想不开|一了百了|了断|了结(自己|生命)|结束(自己|生命)",
    r"不想(再)?活|活不下去|活够了|不如死|想(去)?死|去死(了)?算|死了算|不活了|生不如死",
    r"跳(楼|河|江|桥|井|湖)|割腕|上吊|喝(了)?(农药|百草枯)|吞(了)?(安眠)?药|服毒",
    r"\bsuicid\w*|\b(kill|hurt|harm)(s|ing|ed)? (myself|himself|herself|themsel\w+)\b",
    r"\b(want|wants|wanted|going|wish|wishes) to (die|be dead|end it)\b|\bwish(es)? (i|he|she|they) (was|were) dead\b",
    r"\b(end|ending|ends|take|taking) (my|his|her|their) (own )?li(fe|ves)\b|\bbetter off dead\b|\bno (reason|point) (to|in) liv(e|ing)\b",
    r"\bjump(s|ed|ing)? (off|from) (a|the) (roof|bridge|building)\b",
)
"""Someone may want to die: the counselling protocol comes first, and it is no matter."""

_HARMLESS, _DANGER, _CRISIS = (re.compile("|".join(p), re.ASCII) for p in (HARMLESS, DANGER, CRISIS))


def patterns() -> dict[str, str]:
    """Return the patterns as the browser reads them, one for each kind."""
    return {"harmless": _HARMLESS.pattern, "danger": _DANGER.pattern, "crisis": _CRISIS.pattern}


def _plain(narrative: str) -> str:
    return _HARMLESS.sub("", unicodedata.normalize("NFKC", narrative).lower())


def alarming(narrative: str) -> bool:
    """Say whether the text has words of present danger, so that U1 is proposed."""
    plain = _plain(narrative)
    return bool(_DANGER.search(plain) or _CRISIS.search(plain))


def in_crisis(narrative: str) -> bool:
    """Say whether the text has words of someone who may want to die."""
    return bool(_CRISIS.search(_plain(narrative)))
