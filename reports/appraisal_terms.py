"""Appraisal 考核 in words: who is appraised, by which indicators, how each is counted, and what a share earns."""

from __future__ import annotations

from core.terms import Term, Words


class Appraised(Term):
    """Who is appraised."""

    UNIT = "unit", "承办单位", "Handling units"
    COUNTY = "county", "县（区）中心", "County centres"
    INTERVIEWER = "interviewer", "访员", "Interviewers"


class Indicator(Term):
    """What can be counted of them; a scheme chooses from these and gives weights."""

    SIGNED = "signed", "按时签收率", "Signed for in time"
    RESPONSE = "response", "响应率", "Response"
    ON_TIME = "on_time", "按时率（含延期）", "On time, extension counted"
    ON_TIME_PLAIN = "on_time_plain", "按时率（不含延期）", "On time, without extension"
    SOLVED_LOW = "solved_low", "解决率下限", "Solved, low"
    SOLVED = "solved", "解决率", "Solved"
    SOLVED_HIGH = "solved_high", "解决率上限", "Solved, high"
    SATISFIED = "satisfied", "满意率（基本满意计 0.9）", "Satisfied, fairly counted 0.9"
    SATISFIED_PLAIN = "satisfied_plain", "满意率（满意与基本满意）", "Satisfied or fairly so"
    COVERAGE = "coverage", "乡镇覆盖率", "Townships covered"
    ANSWERED = "answered", "应答率 RR1", "Response rate RR1"
    COOPERATION = "cooperation", "合作率 COOP1", "Cooperation rate COOP1"
    REACHED = "reached", "接触率 CON1", "Contact rate CON1"
    CHECKED = "checked", "评议完成率", "Reviews done"
    SOUND = "sound", "评议合格率", "Interviews found good"
    AGREED = "agreed", "复核一致率", "Re-calls that agree"
    SUBMITTED = "submitted", "按时提交率", "Submitted in time"
    REVISITED = "revisited", "回访完成率", "Revisits done"
    SPOKEN = "spoken", "拨打接触率", "Dials that reached somebody"
    COMPLETES = "completes", "难度调整后完成量", "Completes, adjusted for difficulty"


A, K = Appraised, Indicator

OFFERED: dict[Appraised, tuple[Indicator, ...]] = {
    A.UNIT: (
        K.SIGNED,
        K.RESPONSE,
        K.ON_TIME,
        K.ON_TIME_PLAIN,
        K.SOLVED_LOW,
        K.SOLVED,
        K.SOLVED_HIGH,
        K.SATISFIED,
        K.SATISFIED_PLAIN,
    ),
    A.COUNTY: (
        K.COVERAGE,
        K.ANSWERED,
        K.COOPERATION,
        K.REACHED,
        K.CHECKED,
        K.SOUND,
        K.AGREED,
        K.SUBMITTED,
        K.REVISITED,
    ),
    A.INTERVIEWER: (K.SOUND, K.SPOKEN, K.COMPLETES),
}
"""What can be computed of whom."""

HOW: dict[Indicator, Words] = {
    K.SIGNED: Words(
        "期限内签收的 ÷（期限内签收的 + 逾期视为签收的）；退回获准的不计",
        "signed for in time ÷ (those + deemed signed after silence); what was returned with approval does not count",
    ),
    K.RESPONSE: Words(
        "期限内首次联系诉求人的 ÷ 应联系的；退回获准的、过错已撤销的不计，挂账和待补充的时间不计",
        "first contact in time ÷ contacts due; approved returns and cleared faults don't count, nor does time suspended or "
        "waiting for the caller",
    ),
    K.ON_TIME: Words(
        "在（延长后的）期限内报送结果的 ÷ 应报送的；被退回重办的报送不算，到期未报送的算未按时；退回获准的不计，挂账时间不计",
        "results reported within the limit, extended or not ÷ results due; one that was sent back is no report, one "
        "missing at its limit is late; approved returns don't count, nor does time suspended",
    ),
    K.ON_TIME_PLAIN: Words(
        "在原定期限内报送结果的 ÷ 应报送的；其余同上一项",
        "results reported within the first limit ÷ results due; else as with the extension",
    ),
    K.SOLVED_LOW: Words(
        "诉求人说已解决的 ÷ 全部应回访的人；联系不上的按未解决计",
        "callers who say solved ÷ all callers due; the unreached count as unsolved",
    ),
    K.SOLVED: Words("诉求人说已解决的 ÷ 回访到的人", "callers who say solved ÷ callers reached"),
    K.SOLVED_HIGH: Words(
        "（说已解决的 + 联系不上的）÷ 全部应回访的人",
        "(callers who say solved + unreached) ÷ all callers due",
    ),
    K.SATISFIED: Words(
        "（满意 + 0.9 × 基本满意）÷ 回访到的人", "(satisfied + 0.9 × fairly satisfied) ÷ callers reached"
    ),
    K.SATISFIED_PLAIN: Words("（满意 + 基本满意）÷ 回访到的人", "(satisfied + fairly so) ÷ callers reached"),
    K.COVERAGE: Words(
        "本期有完成访问的乡镇 ÷ 全部乡镇", "townships with a complete interview in the period ÷ all townships"
    ),
    K.ANSWERED: Words(
        "AAPOR RR1 = I ÷ D，按本期投放的号码", "AAPOR RR1 = I ÷ D, of the numbers released in the period"
    ),
    K.COOPERATION: Words(
        "AAPOR COOP1 = I ÷ ((I+P)+R+O)，按本期投放的号码",
        "AAPOR COOP1 = I ÷ ((I+P)+R+O), of the same numbers",
    ),
    K.REACHED: Words(
        "AAPOR CON1 = ((I+P)+R+O) ÷ D，按本期投放的号码", "AAPOR CON1 = ((I+P)+R+O) ÷ D, of the same numbers"
    ),
    K.CHECKED: Words(
        "人工评议的访问 ÷ 应评议的（十分之一），最多计满",
        "interviews judged by a person ÷ those that should be (a tenth), at most all of them",
    ),
    K.SOUND: Words("评议为合格的 ÷ 已有评议结论的访问", "found good ÷ interviews judged by a person"),
    K.AGREED: Words(
        "第三人复核与第一次回访说法一致的 ÷ 复核到的",
        "re-calls by a third person that agree with the first revisit ÷ re-calls that reached the caller",
    ),
    K.SUBMITTED: Words(
        "登记后在期限内提交分派的 ÷ 提交分派的",
        "submitted for routing within the limit after registration ÷ all submitted",
    ),
    K.REVISITED: Words(
        "已完成的回访 ÷（已完成的 + 逾期未完成的）", "revisits finished ÷ (finished + overdue and unfinished)"
    ),
    K.SPOKEN: Words(
        "有人应答并交谈的拨打 ÷ 全部拨打，只看结果代码",
        "dials in which somebody spoke ÷ all dials, by outcome codes alone",
    ),
    K.COMPLETES: Words(
        "完成数 O ÷ 期望数 E；E 按交到手上的每次拨打的轮次、县、号码类型、第几次、时段和上一次的结果，用全体访员的平均水平推算，比值向全体收缩。达到期望数得满分，超出不加分。不看任何回答",
        "completes O ÷ expected E; E is what all interviewers together would get from the same dials by wave, county, kind "
        "of number, which try, part of day and what the try before brought; the ratio is shrunk to the group. As many as expected earn full "
        "marks and more earn no more. No answer is looked at",
    ),
}
"""How each is counted, in words; shown beside every figure."""

QUERIES: dict[Indicator, str] = {
    **dict.fromkeys(
        (K.SIGNED, K.RESPONSE, K.ON_TIME, K.ON_TIME_PLAIN), "matter_event → appraisal_duties.duties()"
    ),
    **dict.fromkeys(
        (K.SOLVED_LOW, K.SOLVED, K.SOLVED_HIGH, K.SATISFIED, K.SATISFIED_PLAIN),
        "matter_event(revisit), caller_turn by lead → matters.rates.counted()",
    ),
    **dict.fromkeys((K.COVERAGE,), "case(disposition 1.1, closed_at) by township"),
    **dict.fromkeys((K.ANSWERED, K.COOPERATION, K.REACHED), "case(disposition), replicate(released_at) by county"),
    **dict.fromkeys((K.CHECKED, K.SOUND), "interview(state, staff), interview_review(verdict)"),
    K.AGREED: "matter_recall(first, judgement) by county",
    K.SUBMITTED: "matter_event(submit), matter_policy by county",
    K.REVISITED: "matter_event(revisit), caller_turn by county",
    K.SPOKEN: "attempt(disposition) by staff",
    K.COMPLETES: "attempt(disposition, number, started_at), case(wave, county, kind) by staff",
}  # fmt: skip
"""Where each comes from."""
