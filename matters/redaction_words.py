"""Words that tell who someone is: names after "my name is", doors of homes, plates, mailboxes and chat accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matters.redaction_marks import Finding, Mark

_SINGLE = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪"
    "严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席"
    "卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边吉肖褚付闫"
)
_DOUBLE = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "司徒",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "夏侯",
    "端木",
    "长孙",
)
SURNAMES = frozenset((*_SINGLE, *_DOUBLE))

_HAN = r"[\u3400-\u9fff]"
_STOP = "的了是在来去和与跟说住家有也都就被把给到要想电打这那个位人们吗呢吧啊他她它你我不没还已现今昨从对向于请让反映投诉举报咨询求助希望因为"
_LETTER = rf"(?:(?![{_STOP}]){_HAN})"
_SURNAME = rf"(?:{'|'.join(_DOUBLE)}|[{_SINGLE}])"
_SAYS = r"表示|认为|提出|要求|同意|知道|认可|满意|来电|称"
"""What a caller does, which is nobody's name."""
_NAMED = (
    # Said outright: whatever follows is the name, whether or not its surname is a common one.
    re.compile(
        rf"(?:我叫|我名叫|姓名|名字(?:叫|是)?|联系人|反映人|诉求人|当事人|报案人|来电人|户主|业主)"
        rf"(?!{_SAYS})\s*(?:是|为|叫)?\s*[::]?\s*(?P<it>{_HAN}{{1,6}}[·•・]{_HAN}{{1,8}}|{_LETTER}{{2,4}}|{_SURNAME}{_HAN}{{1,2}})"
    ),
    re.compile(rf"(?:叫做?|我是|本人|名叫|俗称)\s*[::]?\s*(?P<it>{_SURNAME}\s?{_LETTER}{{1,2}})"),
    re.compile(
        rf"(?<![百同])姓(?!名)(?:是|氏)?\s*[::]?\s*(?P<it>{_SURNAME}(?:{_LETTER}{{1,2}}(?=[,,。;;!?\s]|$))?)"
    ),
    re.compile(
        rf"(?P<it>{_SURNAME}{_LETTER}{{0,2}}?)(?=先生|女士|小姐|大爷|大妈|大姐|大哥|大叔|大娘|阿姨|师傅|奶奶|爷爷|同志)"
    ),
    re.compile(
        r"(?i:\bmy name is|\bi am called|\bname\s*[::]|\bcontact\s*[::])\s*(?P<it>[A-Z][a-z'’-]+(?:\s+[A-Z][a-z'’-]+){0,2})"
    ),
)

_N = r"[0-9A-Za-z一二三四五六七八九十百零〇两甲乙丙丁]{1,5}"
_PART = rf"第?{_N}\s?(?:号院|号楼|#楼?|栋|幢|座|单元|号门|门|层|楼|室|户|排|组|队|号|弄)"
_HOME = (
    re.compile(rf"{_PART}(?:\s?[,,、-]?\s?{_PART})+(?:\s?\d{{3,4}})?"),
    re.compile(rf"{_N}\s?(?:号楼|#楼?|栋|幢|座|单元)\s?-?\s?\d{{2,4}}(?!\d)"),
    re.compile(r"(?<![0-9A-Za-z])\d{1,4}\s?(?:室|单元)(?!内|外)"),
    re.compile(r"(?<![\d.-])\d{1,3}\s?-\s?\d{1,2}\s?-\s?\d{3,4}(?![\d.-])"),
    re.compile(
        rf"(?:家住|住在|住址|住(?!建|房|户|宅|院|处)|地址|家在|门牌|我家是?|户籍)\s*(?:号|是|为|在)?\s*[::]?\s*"
        rf"(?P<it>[^,,。;;!?!?\n]{{0,24}}?{_N}\s?(?:号|组|队|栋|幢|室|弄)(?:[^,,。;;!?\n]{{0,8}}?(?:室|户|单元|号))?)"
    ),
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领]\s?[A-Z]\s?[·•・.\-]?\s?"
    r"(?:[A-Z0-9]\s?){4,5}[A-Z0-9挂学警港澳](?![A-Z0-9])",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"[A-Za-z0-9._%+\-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}"
)
_ACCOUNT = re.compile(
    r"(?:微信|威信|薇信|wechat|weixin|wx|vx|v信|qq|扣扣|抖音|快手|微博|钉钉|支付宝)"
    r"\s*(?:号码|账号|帐号|号|id|昵称)?\s*(?:是|为|叫)?\s*[::]?\s*(?P<it>[A-Za-z0-9_\-]{4,32})",
    re.IGNORECASE,
)
_RULES = (
    (Mark.EMAIL, (_EMAIL,)),
    (Mark.ACCOUNT, (_ACCOUNT,)),
    (Mark.PLATE, (_PLATE,)),
    (Mark.ADDRESS, _HOME),
    (Mark.NAME, _NAMED),
)


def words_in(plain: str) -> Iterator[Finding]:
    """Find names, homes, plates and accounts; of a phrase such as "my name is" only what follows it."""
    for mark, patterns in _RULES:
        for pattern in patterns:
            group = "it" if "it" in pattern.groupindex else 0
            for hit in pattern.finditer(plain):
                yield Finding(mark, *hit.span(group))
