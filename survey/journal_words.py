"""What the journal calls the things done in the survey."""

from core.terms import Term, Words
from survey.attempts import HandOutRule
from survey.do_not_call import DoNotCallReason
from survey.reviews import Purpose, Verdict

WORDS = {
    "appointment.make": Words("预约", "Appointment made"),
    "attempt.undo": Words("撤销拨打结果", "Outcome of a try undone"),
    "call.inbound": Words("受访者回电接入", "Resident's own call put through"),
    "case.postpone": Words("个案推后", "Case postponed"),
    "case.refused_on_callback": Words("回电时要求不再拨打", "Refused when calling back"),
    "cube.recount": Words("重算访问计数", "Counts of interviews made anew"),
    "do_not_call.add": Words("加入免打扰名单", "Number put on the do-not-call list"),
    "do_not_call.import": Words("导入免打扰名单", "Do-not-call list taken in"),
    "do_not_call.look_up": Words("查询免打扰名单", "Do-not-call list looked up"),
    "edition.discard": Words("删除问卷版本", "Questionnaire discarded"),
    "edition.import": Words("导入问卷", "Questionnaire imported"),
    "frame.discard": Words("删除抽样框", "Frame discarded"),
    "frame.import": Words("导入抽样框", "Frame imported"),
    "frame.ready": Words("抽样框重新启用", "Frame put back into use"),
    "frame.retired": Words("停用抽样框", "Frame retired"),
    "interview.review": Words("评议访问", "Interview judged"),
    "interview.review_open": Words("打开访问评议", "Interview opened for review"),
    "interview.start": Words("开始访问", "Interview started"),
    "interviewer.cool_down": Words("访员休息片刻", "Interviewer given a short rest"),
    "interviewer.languages": Words("更改访员语言", "Interviewer's languages changed"),
    "margin.import": Words("导入人口边际", "Margins imported"),
    "replicate.release": Words("投放样本批次", "Replicate released"),
    "sample.draw": Words("抽样", "Sample drawn"),
    "wave.create": Words("新建调查", "Wave set up"),
    "wave.edit": Words("更改调查", "Wave changed"),
    "wave.plan": Words("每日抽样计划", "Daily draw planned"),
    "weight_set.make": Words("加权", "Weights made"),
    "weight_set.publish": Words("公布权数", "Weights published"),
}

TERMS: dict[str, tuple[type[Term], ...]] = {
    "purpose": (Purpose,),
    "reason": (DoNotCallReason,),
    "rule": (HandOutRule,),
    "verdict": (Verdict,),
}
"""Whose codes stand beside them."""
