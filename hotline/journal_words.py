"""What the journal calls the things done on the lines."""

from core.terms import Term, Words
from hotline.distress import DistressKind
from hotline.lines import LineKind

WORDS = {
    "call_back.claim": Words("领取回拨", "Call-back taken"),
    "call_back.result": Words("记下回拨结果", "Result of a call-back noted"),
    "citizen_record.result": Words("记下来电结果", "Result of a call noted"),
    "contact.arrive": Words("来电登记", "Caller written down"),
    "offer.decline": Words("暂不接", "Declined"),
    "distress.raise": Words("请督导支援", "Supervisor called"),
    "distress.take": Words("接手支援请求", "Call for help taken"),
    "duty_ring.ring": Words("拨打值班电话", "Duty telephone rung"),
    "duty_ring.take": Words("电话中接手支援请求", "Call for help taken by telephone"),
    "handover.sign": Words("签收交接班", "Handover signed"),
    "handover.write": Words("撰写交接班", "Handover written"),
    "shift.change": Words("修改班次", "Shift changed"),
    "shift.plan": Words("安排班次", "Shift planned"),
    "shift.publish": Words("发布班次", "Shift published"),
    "shift.put_on": Words("排入班次", "Person put on a shift"),
    "shift.remove": Words("删除班次", "Shift removed"),
    "shift.take_off": Words("移出班次", "Person taken off a shift"),
    "legal_hold.agree": Words("同意依法保全", "Legal hold agreed"),
    "legal_hold.ask": Words("申请依法保全", "Legal hold asked for"),
    "legal_hold.ask_lift": Words("申请解除保全", "Lifting of a hold asked for"),
    "legal_hold.lift": Words("解除保全", "Legal hold lifted"),
    "number_opening.ask": Words("申请破例查看号码", "Seeing a number asked for"),
    "retention.confirm": Words("线路确认删除录音", "The line confirmed a deletion"),
    "retention.delete": Words("到期删除", "Deleted at the end of its time"),
    "retention.set": Words("改保存期限", "Retention changed"),
    "consult.ask": Words("咨询同事", "Colleague asked"),
    "contact.give": Words("移交来电", "Caller given to somebody"),
    "contact.listen": Words("旁听通话", "Talk listened to"),
    "contact.log": Words("补登来电", "Call entered by hand"),
    "contact.message": Words("来电人留言", "Message left"),
    "contact.reconcile": Words("按话单补录来电", "Call found in the carrier's list"),
    "contact.set_right": Words("更正最后通话的接线员", "Record given to who talked last"),
    "contact.told": Words("已告知可能旁听", "Caller told of listening"),
    "contact.unrecorded": Words("来电人不同意录音", "Caller wants no recording"),
    "contact.transfer": Words("转接来电", "Caller passed on"),
    "help_line.set": Words("设置热线号码", "Line set up"),
    "seat.languages": Words("记下接线员会说的语言", "What an operator speaks noted"),
    "message.hear": Words("听取留言", "Message heard"),
    "talk.hear": Words("听取通话录音", "Recorded talk heard"),
    "risk_scale.adopt": Words("启用风险分级标准", "Points of the risk sheet adopted"),
}

TERMS: dict[str, tuple[type[Term], ...]] = {
    "kind": (DistressKind,),
    "line": (LineKind,),
}
"""Whose codes stand beside them."""
