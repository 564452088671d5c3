"""What the journal's page calls the codes beside an action: the records, and what is told of them.

The journal keeps codes and counts (`lead=7`, `staff:7`). Many rooms use the same ones, so they have one table of
words here; what has none stands as it was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from core.dates import day_words, moment_words
from core.people import UnitKind
from core.permissions import Role
from core.purposes import ReadingPurpose
from core.terms import Term, Words, t

RECORDS = {
    "advice": Words("建议", "Advice"),
    "appointment": Words("预约", "Appointment"),
    "appraisal_appeal": Words("考核申诉", "Appeal against an appraisal"),
    "appraisal_round": Words("考核轮次", "Round of appraisal"),
    "appraisal_scheme": Words("考核办法", "Scheme of appraisal"),
    "attempt": Words("拨打尝试", "Attempt"),
    "bulletin": Words("简报", "Bulletin"),
    "bulletin_delivery": Words("简报通知", "Message of a bulletin"),
    "bulletin_recipient": Words("分送对象", "Recipient of bulletins"),
    "call": Words("通话", "Call"),
    "call_back": Words("回拨", "Call-back"),
    "case": Words("个案", "Case"),
    "contact": Words("来电记录", "Contact"),
    "dashboard": Words("看板", "Dashboard"),
    "data_export": Words("数据导出", "Data export"),
    "distress": Words("求助", "Call for help"),
    "do_not_call": Words("免打扰", "Do not call"),
    "duty_ring": Words("值班电话", "Duty telephone"),
    "edition": Words("问卷", "Questionnaire"),
    "follow_up": Words("随访", "Follow-up"),
    "frame": Words("抽样框", "Frame"),
    "identity_request": Words("身份开启申请", "Identity request"),
    "index_definition": Words("指数定义", "Index definition"),
    "interview": Words("访问", "Interview"),
    "job": Words("后台任务", "Job"),
    "joint_ruling": Words("联合裁定", "Joint ruling"),
    "journal": Words("操作日志", "Journal"),
    "knowledge_article": Words("知识条目", "Article"),
    "margin": Words("人口边际", "Margin"),
    "matter": Words("诉求", "Matter"),
    "matter_import": Words("诉求导入", "Import of matters"),
    "matter_notice": Words("提醒", "Notice"),
    "matter_policy": Words("时限表", "Limits"),
    "partner": Words("对接单位", "Partner"),
    "place": Words("地点", "Place"),
    "place_shape": Words("地点轮廓", "Outline of a place"),
    "replicate": Words("样本批次", "Replicate"),
    "reporter": Words("诉求人", "Caller"),
    "root_cause": Words("根源", "Root cause"),
    "route_rule": Words("分派规则", "Route rule"),
    "sample": Words("样本", "Sample"),
    "seat": Words("坐席", "Seat"),
    "shift": Words("班次", "Shift"),
    "staff": Words("人员", "Person"),
    "unit": Words("单位", "Unit"),
    "wave": Words("调查", "Wave"),
    "weight_set": Words("权数集", "Weight set"),
}

KEYS = {
    **RECORDS,
    "added": Words("新增", "added"),
    "alone": Words("独自先看", "alone"),
    "appeal": Words("申诉", "appeal"),
    "attachment": Words("附件", "file"),
    "cases": Words("个案数", "cases"),
    "code": Words("代码", "code"),
    "contacts": Words("来电数", "contacts"),
    "corrected": Words("更正", "corrected"),
    "county": Words("县（区）", "county"),
    "days": Words("天数", "days"),
    "digest": Words("指纹", "fingerprint"),
    "drawn": Words("抽取", "drawn"),
    "errand": Words("为何联系", "errand"),
    "faulty": Words("有问题的行", "faulty rows"),
    "fields": Words("改动", "changed"),
    "files": Words("文件", "files"),
    "filters": Words("筛选", "filters"),
    "finding": Words("结论", "finding"),
    "formats": Words("格式", "formats"),
    "from": Words("原状态", "from"),
    "given": Words("新增角色", "roles given"),
    "giver": Words("原接线员", "from operator"),
    "indicator": Words("指标", "indicator"),
    "instruction": Words("批示", "instruction"),
    "interviews": Words("访问数", "interviews"),
    "is_active": Words("启用", "active"),
    "kept": Words("类别", "kind"),
    "kind": Words("种类", "kind"),
    "kinds": Words("种类数", "kinds"),
    "language": Words("语言", "language"),
    "languages": Words("语言", "languages"),
    "lead": Words("主办单位", "lead unit"),
    "left": Words("剩余", "left"),
    "line": Words("线路", "line"),
    "listed": Words("在名单上", "listed"),
    "looks": Words("查看次数", "looks"),
    "made": Words("备份时间", "made"),
    "margins": Words("边际表", "margins"),
    "method": Words("方法", "method"),
    "minutes": Words("分钟", "minutes"),
    "note": Words("补充", "note"),
    "numbers": Words("号码数", "numbers"),
    "origin": Words("来源", "origin"),
    "outcome": Words("结果", "outcome"),
    "own": Words("本人登记", "own"),
    "page": Words("页", "page"),
    "person": Words("第几人", "person"),
    "personal": Words("约定本人", "personal"),
    "proposal": Words("提议", "proposal"),
    "purpose": Words("用途", "purpose"),
    "questions": Words("题目数", "questions"),
    "readers": Words("阅示人数", "readers"),
    "reason": Words("理由", "reason"),
    "relay": Words("转达", "relay"),
    "replicates": Words("复制权数", "replicate weights"),
    "result": Words("结果", "result"),
    "roles": Words("角色", "roles"),
    "room": Words("通话室", "room"),
    "rows": Words("行数", "rows"),
    "rule": Words("规则", "rule"),
    "rung": Words("级别", "rung"),
    "scope": Words("权限", "scope"),
    "seats": Words("坐席数", "seats"),
    "seconds": Words("秒", "seconds"),
    "section": Words("部分", "section"),
    "sha256": Words("文件指纹", "file's fingerprint"),
    "size": Words("规模", "size"),
    "source": Words("来源", "source"),
    "standing": Words("现状", "standing"),
    "state": Words("状态", "state"),
    "stated": Words("用途说明", "purpose stated"),
    "suppressed": Words("不得拨打", "not to be called"),
    "taken": Words("取走", "taken"),
    "taker": Words("接手人", "to operator"),
    "text": Words("短信", "text message"),
    "tile": Words("图表", "tile"),
    "to": Words("新状态", "to"),
    "told": Words("已告知", "told"),
    "topic": Words("类别", "topic"),
    "total": Words("合计", "total"),
    "tries": Words("出错次数", "tries"),
    "turn": Words("第几个", "turn"),
    "unknown": Words("不认识", "unknown"),
    "valid_from": Words("起用", "in force from"),
    "verdict": Words("结论", "verdict"),
    "verified": Words("核对方式", "verified by"),
    "version": Words("版本", "version"),
    "waited_s": Words("等候秒数", "seconds waited"),
    "waves": Words("调查数", "waves"),
    "way": Words("方式", "way"),
    "way_out": Words("离开方式", "way out"),
    "why": Words("原因", "why"),
    "years": Words("年数", "years"),
}

COUNTS = frozenset({"added", "drawn", "interviews", "numbers", "rows", "size", "total"})
"""What may be large and is counted; other figures are the numbers of records."""

_TERMS: dict[str, list[type[Term]]] = {
    "given": [Role], "roles": [Role], "taken": [Role], "kind": [UnitKind], "purpose": [ReadingPurpose],
}  # fmt: skip


def register(terms: Mapping[str, Iterable[type[Term]]]) -> None:
    """Take in whose codes a room keeps beside which word: `<room>/journal_words.py` names them TERMS."""
    for key, kinds in terms.items():
        known = _TERMS.setdefault(key, [])
        known += [kind for kind in kinds if kind not in known]


def record(name: str) -> str:
    """Say which record it was: 个案 2668 for case:2668."""
    table, _, number = name.partition(":")
    words = RECORDS.get(table)
    if words is None:
        return name
    return str(words) if number in ("", "*") else f"{words} {number}"


def details(kept: Mapping[str, object]) -> list[str]:
    """Say what stands beside an action, each by its word; empty values are not told."""
    return [
        t("{key}：{value}", "{key}: {value}", key=KEYS.get(key, key), value=_value(key, value))
        for key, value in kept.items()
        if value not in (None, "", [], {})
    ]


def _value(key: str, value: object) -> str:
    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    if isinstance(value, int):
        return f"{value:,}" if key in COUNTS else str(value)
    if isinstance(value, list):
        return t("、", ", ").join(_value(key, each) for each in value)
    if isinstance(value, dict):
        return t("，", ", ").join(f"{KEYS.get(k, k)} {_value(k, each)}" for k, each in value.items())
    found = (term.found(str(value)) for term in _TERMS.get(key, ()))
    label = next((each.label for each in found if each is not None), None)
    return label or _moment(str(value))


def _moment(text: str) -> str:
    try:
        if len(text) == 10:
            return str(day_words(date.fromisoformat(text)))
        if "T" in text and len(text) >= 19:
            return str(moment_words(datetime.fromisoformat(text)))
    except ValueError:
        pass
    return text
