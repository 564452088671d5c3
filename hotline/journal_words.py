"""What the journal calls the things done on the lines."""

from core.terms import Words

WORDS = {
    "call_back.claim": Words("领取回拨", "Call-back taken"),
    "call_back.result": Words("记下回拨结果", "Result of a call-back noted"),
    "contact.arrive": Words("来电登记", "Caller written down"),
    "offer.decline": Words("暂不接", "Declined"),
    "distress.raise": Words("请督导支援", "Supervisor called"),
    "distress.take": Words("接手支援请求", "Call for help taken"),
    "handover.sign": Words("签收交接班", "Handover signed"),
    "handover.write": Words("撰写交接班", "Handover written"),
    "key_call.debrief": Words("重点来电后谈话", "Key call talked over"),
    "key_call.note": Words("记下重点来电", "Key call noted"),
    "key_call.release": Words("提前结束休息", "Rest ended early"),
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
    "retention.delete": Words("到期删除", "Deleted at the end of its time"),
    "retention.set": Words("改保存期限", "Retention changed"),
}
