"""Alarm: words of present danger in what was written down, so that the greatest urgency is proposed.

The patterns are read by Python and by the browser alike, so they hold to what both understand.
"""

from __future__ import annotations

import re
import unicodedata

HARMLESS = (
    r"(消防|防火|灭火|防爆|逃生|火灾)[^，。；！？,.;!?]{0,4}(演习|演练|培训|宣传|讲座|检查|设施|器材|通道|水源)",
    r"消防(站|队|栓|车|局|大队|救援站)",
    r"(火灾|火情|着火|起火|爆炸|触电|坍塌|溺水|中毒|泄漏)的?(安全|事故)?隐患|火灾(险|保险)",
    r"(容易|极易|怕|担心|以防|谨防|防止|预防|避免|防|万一|一旦|如果|要是)(再|会|发生|引发|引起|导致|造成|出现){0,3}(火灾|着火|起火|失火|爆炸|触电|中毒|溺水|坍塌)(?!了)",
    r"(煤气|燃气|天然气)(费|表|公司|账单|缴费|价|卡|户|灶|热水器|管道改造|管网改造|改造|工程|施工|入户|开户|开通|安装)(?![^，。；！？,.;!?]{0,8}[泄漏味毒爆火])",
    r"煤气(罐|瓶)(太贵|涨价|多少钱)|漏(装|缴|交|算|登|报)",
    r"火(车|锅|化|葬|腿|炬|爆|热(?!水)|电厂|力发电|鸡|龙果|烧(云|店|铺|饼))|[看听想]着[都就]?火大|走火入魔",
    r"(轮胎|车胎|胎|气球|气垫|篮球|足球|皮球|打气筒|救生圈|座椅|冰箱|空调)[^，。；！？,.;!?]{0,4}漏气",
    r"(刀具|菜刀|剪刀|刀)(店|厂|铺|架|市场)|大刀阔斧|一刀切|两面三刀|快刀斩|刀刃上|刀子嘴",
    r"刀(削面|郎|片|鱼)",
    r"(树|林|竹|苗|木|枝|花|草|庄稼|玉米|价|预算|经费|补助|补贴|名额|岗位|工资|项目|班次|线路|猪|鸡|鸭|虫|菌|毒)[^，。；！？,.;!?人他她我]{0,8}[砍杀刺捅]了(?![^，。；！？,.;!?]{0,4}[人刀伤死他她我])",
    r"[砍杀]了[^，。；！？,.;!?人他她我]{0,6}(树|林|竹|苗|价|预算|经费|补贴|名额|班次|猪|鸡|鸭)|杀死[^，。；！？,.;!?人]{0,4}[虫菌毒蚊鼠]|捅了?(马蜂窝|娄子|篓子)|剧本杀",
    r"救命(的?(钱|药|粮|工资)|恩|稻草|之恩)|道德绑架|绑架(式|消费|收费)",
    r"爆炸(头|性新闻|式)|(信息|人口|知识|脾气)爆炸",
    r"食物中毒(讲座|知识|宣传)|溺水(警示|宣传|教育|标识|知识)",
    r"落水(管|口|斗|洞)|(饲料|病毒|电脑|手机)中毒",
    r"(手机|钥匙|钱包|球|帽子|眼镜|东西|快递)[^，。；！？,.;!?人]{0,4}掉[进到下入]|人[行民工大社][^，。；！？,.;!?人孩]{0,5}掉[进到下入]",
    r"塌(实|方治理工程|陷治理工程)|(沙发|床|椅子?|凳子?|桌子?|柜子?|鼻梁|蛋糕)[^，。；！？,.;!?人]{0,2}塌了",
    r"笑死|累死|热死|冷死|气死|吵死|臭死|烦死|急死|想死[你您]",
    r"跳楼(价|大?甩卖|清仓|促销|机(?!会)|大?减价)|跳(楼梯|江南|[河江湖][边滨畔])|[蹦弹乱]跳[楼桥]",
    r"自杀(式|预防|干预)|(树|苗|花|草|鱼|秧)[^，。；！？,.;!?人]{0,4}不活了",
    r"fire[ -](station|drill|engine|hydrant|extinguisher|exit|exits|safety|insurance|lane|lanes|alarm test|truck|brigade|department|service|fighters?|door|doors|inspection)s?",
    r"(gas)[ -](bill|bills|meter|meters|price|prices|company|station|stations|fee|fees|supply works)",
    r"knife[ -](shop|sharpener|sharpening|factory)",
    r"camp ?fires?|fireworks?|fireplaces?",
)
"""Looks like danger and is none: taken out before anything else is looked for."""

DANGER = (
    r"[着起失走]了?[大]?火(了|灾)?|火灾|大火|火势|火苗|烧起来|纵火|(?<!燃)放火",
    r"爆炸|爆燃",
    r"(煤气|燃气|天然气|液化气|瓦斯|毒气|氨气)[^，。；！？,.;!?]{0,6}(泄|漏|味|中毒|爆)",
    r"(泄|漏)[^，。；！？,.;!?]{0,3}(煤气|燃气|天然气|液化气|瓦斯|毒气)|闻到[^，。；！？,.;!?]{0,6}(煤气|燃气|天然气|气味)",
    r"漏气|到处(都)?是(煤气|燃气|天然气)",
    r"((?<![支坚保维主扶])持|拿|(?<![把掌])握|(?<![指发])挥(?!霍)|举(?![报办行例])|亮出)[^，。；！？,.;!?]{0,5}(刀|匕首|斧头)|(带|藏)[^，。；！？,.;!?]{0,2}(刀|匕首)|有刀|有一?把[^，。；！？,.;!?]{0,2}(刀|匕首)",
    r"[砍捅刺杀](人|伤|死|了)|追[砍杀]|[砍捅][^，。；！？,.;!?]{0,3}刀",
    r"救命|杀人|绑架|劫持|(家暴|殴打)正在|正在(家暴|殴打)|血流不止|大出血",
    r"(?<![集其当])中毒|(?<!接)触电(?!影)|溺水|(?<![村院部降回])落水|(人|孩|老[人头太奶爷汉]|学生|工人)[^，。；！？,.;!?]{0,4}掉[进到下入]|掉[进到入][^，。；！？,.;!?]{0,4}(井|河|塘|坑)|昏迷|晕倒|没有?呼吸|不省人事",
    r"(房|楼|墙|桥|路面?|地面?|山|顶|棚|脚手架|矿|堤|坝|隧道)[^，。；！？,.;!?]{0,4}(塌|垮)|塌(了|方|陷)|山体滑坡|泥石流|决堤",
    r"\b(on|caught|catch|catching) fire\b|\bset [^.,;]{0,20}on fire\b|\b(there is|there's|there was|a|the|big|huge) (big |huge )?fire\b|\bfire (has )?(broke|broken|is|in|at)\b|\bburning (down|house|building)\b",
    r"\b(gas|carbon monoxide)\b[^.,;]{0,20}\b(leak|leaks|leaking|smell|everywhere|poison\w*|explo\w+)|\b(smell|smells|smelling|smelled|leak|leaks|leaking)\b[^.,;]{0,15}\bgas\b|\bgas leak",
    r"\bexplosion|\bexploded|\bblew up\b",
    r"\b(a|with|has|holding|carrying|waving|pulled|drew)\b[^.,;]{0,12}\b(knife|axe|machete|gun)\b|\bstabb(ed|ing)\b",
    r"\bdrown(ed|ing|s)?\b|\bcollapsed?\b|\bunconscious\b|\bnot breathing\b|\bpoison(ed|ing)\b|\belectrocuted\b|\blandslide\b",
)
"""Put the caller through to 110, 119 or 120 first, then write."""

CRISIS = (
    r"自杀|(?<![各亲独])自尽(?![责力心职孝义])|(?<![减年])轻生(?![活产态育]|意(?![图念思愿识向]))|自残|寻死|寻短见|一了百了",
    r"想不开(?![店门车放窗空会户机工厂公学发支灯始心口])|了断(?![水电头路网桥交供气粮崖层裂线货奶流档联更缴暖腿骨树枝])|了结(自己|生命)|结束(自己(?!的(工作|生意|业务|经营|合同|假期))|生命)",
    r"不想(再)?活(?![动跃泼血])|活不下去|活够了|不如死|想(去)?死(?!磕)|去死(了)?算|死了算|(?<![养种栽])不活了|生不如死",
    r"跳(楼|河|江|桥|井|湖)|割腕|上吊(?![车灯机装顶篮扇桥坠环带柜绳钩牌运塔瓶水针盐兰唁东砖沙石钢])|喝了?[^，。；！？,.;!?的有]{0,3}(农药|百草枯|敌敌畏|除草剂|老鼠药)|吞[^，。；！？,.;!?]{0,6}药(?![店品厂业材])|(?<![征克])服毒(?![品瘾])",
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
