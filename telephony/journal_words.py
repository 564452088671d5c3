"""What the journal calls the things done on the line."""

from core.terms import Words

WORDS = {
    "call.dial": Words("拨号", "Dialled"),
    "call.ring_up": Words("拨打值班电话", "Duty telephone rung"),
    "call.number_shown": Words("显示完整号码", "Full number shown"),
    "call.report": Words("人工记录通话结果", "Result of a call noted by hand"),
    "line.forged": Words("拒收没有签名的线路报告", "Unsigned report of the line refused"),
    "line.refused": Words("拒绝话机接入", "Telephone not let in"),
    "recording.start": Words("开始录音", "Recording started"),
    "recording.pause": Words("暂停录音", "Recording paused"),
    "recording.resume": Words("继续录音", "Recording resumed"),
    "recording.stop": Words("停止录音", "Recording stopped"),
    "room.barge": Words("督导加入通话", "Supervisor joined the call"),
    "room.leave": Words("结束旁听", "Listening ended"),
    "room.listen": Words("旁听通话", "Listened in"),
    "room.take_over": Words("在另一页面接管话机", "Telephone taken over on another page"),
    "room.whisper": Words("督导耳语", "Supervisor whispered"),
}
