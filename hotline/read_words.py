"""What the records of counselling are called, for whoever looks at who read or what was deleted."""

from __future__ import annotations

from core.terms import Words

CONTENT = Words("咨询内容", "Counselling content")
RECORDS = {
    "asked_purpose": Words("查阅用途", "What was read for"),
    "assessment": Words("量表", "Questionnaires"),
    "caller": Words("来电号码", "The caller's number"),
    "caller_plan": Words("和来电人的约定", "What was agreed with the caller"),
    "citizen_record": Words("市民来电的备注和草稿", "Notes and drafts of citizens’ calls"),
    "continuity_code": Words("接续的两行话和安全计划", "The two lines and the safety plan behind a code"),
    "counselling_draft": Words("自己没有提交的内容", "What they had typed and not sent"),
    "counselling_late_note": Words("记录的补记", "Late words beside the record"),
    "counselling_record": Words("咨询记录", "The counselling record"),
    "counselling_record_change": Words("记录的修改", "Changes of the record"),
    "danger": Words("危机处置", "Imminent danger"),
    "danger_stamp": Words("危机处置的步骤", "Steps in imminent danger"),
    "escalation": Words("警报", "Alarms"),
    "escalation_turn": Words("警报的告知", "Who was told of an alarm"),
    "follow_up": Words("随访", "Follow-up"),
    "follow_up_try": Words("随访的拨打", "Follow-up calls"),
    "follow_up_wish": Words("随访约定", "What was agreed for follow-up"),
    "hand_off": Words("移交", "The hand-off"),
    "handover": Words("交接班", "Handover note"),
    "key_review": Words("评议", "Reviews"),
    "level": Words("风险等级", "The risk level"),
    "message": Words("留言录音", "A message that was left"),
    "questionnaires": Words("量表", "Questionnaires"),
    "risk_level": Words("风险等级", "The risk level"),
    "risk_lowering": Words("降级的申请", "Requests to lower the level"),
    "safety_plan": Words("安全计划", "The safety plan"),
    "talk": Words("通话录音", "A recorded talk"),
    "scale": Words("十二项评估", "The 12-element scale"),
    "scale_sheet": Words("十二项评估", "The 12-element scale"),
    "screening": Words("自杀风险筛查", "The screening"),
}


def read_words(record: str) -> Words:
    """Return what a record of the log is called; its number is left out."""
    return RECORDS.get(record.partition(":")[0].replace("-", "_"), CONTENT)
