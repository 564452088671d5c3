"""What the read log's records are called, for whoever looks at who read what."""

from __future__ import annotations

from core.terms import Words

CONTENT = Words("咨询内容", "Counselling content")
RECORDS = {
    "assessment": Words("量表", "Questionnaires"),
    "caller": Words("来电号码", "The caller's number"),
    "continuity_code": Words("接续的两行话和安全计划", "The two lines and the safety plan behind a code"),
    "counselling_record": Words("咨询记录", "The counselling record"),
    "danger": Words("危机处置", "Imminent danger"),
    "follow_up": Words("随访", "Follow-up"),
    "follow_up_wish": Words("随访约定", "What was agreed for follow-up"),
    "hand_off": Words("移交", "The hand-off"),
    "handover": Words("交接班", "Handover note"),
    "level": Words("风险等级", "The risk level"),
    "message": Words("留言录音", "A message that was left"),
    "questionnaires": Words("量表", "Questionnaires"),
    "risk_level": Words("风险等级", "The risk level"),
    "safety_plan": Words("安全计划", "The safety plan"),
    "scale": Words("十二项评估", "The 12-element scale"),
    "scale_sheet": Words("十二项评估", "The 12-element scale"),
    "screening": Words("自杀风险筛查", "The screening"),
}


def read_words(record: str) -> Words:
    """Return what a record of the log is called; its number is left out."""
    return RECORDS.get(record.partition(":")[0].replace("-", "_"), CONTENT)
