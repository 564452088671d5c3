"""Attributes: what is known of a matter beside where it stands, each a coded word."""

from __future__ import annotations

from core.terms import Term


class MatterKind(Term):
    """What the resident wants."""

    ENQUIRY = "enquiry", "咨询", "Enquiry"
    HELP = "help", "求助", "Request for help"
    COMPLAINT = "complaint", "投诉", "Complaint"
    TIP_OFF = "tip_off", "举报", "Report of wrongdoing"
    OPINION = "opinion", "意见", "Opinion"
    SUGGESTION = "suggestion", "建议", "Suggestion"


class Urgency(Term):
    """How soon it must be looked at."""

    U1 = "u1", "U1 紧急", "U1 emergency"
    U2 = "u2", "U2 安全隐患", "U2 hazard"
    U3 = "u3", "U3 一般", "U3 ordinary"
    U4 = "u4", "U4 复杂", "U4 complex"

    @property
    def is_pressing(self) -> bool:
        """Say whether hours count, not working days."""
        return self in (Urgency.U1, Urgency.U2)


class IdentityClass(Term):
    """Who may know who spoke."""

    PROTECTED = "protected", "受保护", "Protected"
    OPEN = "open", "公开", "Open"
    ANONYMOUS = "anonymous", "匿名", "Anonymous"


class Origin(Term):
    """Where it was heard."""

    INTERVIEW = "interview", "访问", "Interview"
    CITIZEN_LINE = "citizen_line", "民意热线", "Citizen line"
    VISIT = "visit", "来访", "Visit"
    WEB = "web", "网页", "Web form"
    IMPORT = "import", "导入", "Import"
    EXCHANGE = "exchange", "对接平台", "Exchange"


class Conflict(Term):
    """Whom a complaint is about, so that they are kept away from it."""

    NONE = "none", "无", "None"
    STAFF = "staff", "反映工作人员", "About staff"
    UNIT = "unit", "反映单位", "About a unit"
    CENTRE = "centre", "反映本中心", "About the centre"

    def lacks_unit(self, unit_id: int | None) -> bool:
        """Say whether nobody knows yet which unit must be kept away, so that no unit may be given the matter."""
        return self in (Conflict.STAFF, Conflict.UNIT) and unit_id is None


class Difficulty(Term):
    """How hard the problem is by nature; never mixed with the colour of the clock."""

    BLUE = "blue", "蓝·简单", "Blue: simple"
    YELLOW = "yellow", "黄·公共服务", "Yellow: public service"
    RED = "red", "红·历史遗留", "Red: long-standing"


class ClockColour(Term):
    """How the clock of a matter stands."""

    GREEN = "green", "绿·时限内", "Green: in time"
    YELLOW = "yellow", "黄·将到期", "Yellow: nearly due"
    RED = "red", "红·已超期", "Red: overdue"
    PAUSED = "paused", "暂停计时", "Paused"
    NONE = "none", "不计时", "No clock"


class Outcome(Term):
    """What came of a matter: claimed by the unit, checked by the centre, judged by the caller; three facts apart."""

    SOLVED = "solved", "已解决", "Solved"
    PARTLY = "partly", "部分解决", "Partly solved"
    NOT_LAWFUL = "not_lawful", "于法无据", "Not possible by law"
    NO_MONEY = "no_money", "资金未落实", "No money yet"
    NO_OWNER = "no_owner", "权属不清", "No owner"
    OTHER_ROUTE = "other_route", "应走其他途径", "Other route"
    NOT_FOUND = "not_found", "反映不属实", "No fact found"


class Judgement(Term):
    """What a caller says of the result."""

    SOLVED = "solved", "解决了", "Solved"
    PARTLY = "partly", "没有彻底解决", "Not thoroughly"
    NOT_SOLVED = "not_solved", "没有解决", "Not solved"


class TryResult(Term):
    """What came of one try to reach a caller."""

    REACHED = "reached", "已联系上", "Reached"
    NO_ANSWER = "no_answer", "无人接听", "No answer"
    BUSY = "busy", "占线", "Busy"
    SWITCHED_OFF = "switched_off", "关机、停机", "Switched off"
    NOT_NOW = "not_now", "现在不便", "Not a good time"
    SENT = "sent", "已发短信", "Text sent"


class Decision(Term):
    """What a caller is told was decided while their matter is worked on."""

    DECLINED = "declined", "不予受理", "Not accepted"
    EXTENDED = "extended", "延期办理", "More time was given"
    SUSPENDED = "suspended", "挂账", "Put aside for now"


class Fault(Term):
    """The three faults of a unit, recorded apart."""

    LATE = "late", "不及时", "Late"
    STALLED = "stalled", "拖延不办", "Stalled"
    PERFUNCTORY = "perfunctory", "敷衍办理", "Perfunctory"


class DeclineReason(Term):
    """Why a matter is not accepted."""

    COURT = "court", "已进入诉讼、仲裁、复议", "Before a court or arbitration"
    PETITION = "petition", "信访已受理", "With the petition office"
    ELSEWHERE = "elsewhere", "不属本地管辖", "Outside the county"
    PRIVATE = "private", "民事自主事项", "A private affair"
    UNLAWFUL = "unlawful", "违反法律、公序良俗", "Against law or decency"


class TransferTarget(Term):
    """Where a caller is put through to at once."""

    POLICE = "110", "110 报警", "110 police"
    FIRE = "119", "119 消防", "119 fire"
    AMBULANCE = "120", "120 急救", "120 ambulance"
    TRAFFIC = "122", "122 交通事故", "122 traffic"
    COURT = "court", "法院", "Court"
    PETITION = "petition", "信访部门", "Petition office"
    COUNSELLING = "counselling", "心理热线", "Counselling line"


class PauseReason(Term):
    """What only the caller can tell; money and a leader's decision are no reasons."""

    PLACE = "place", "地点不清", "Where exactly"
    TIME = "time", "时间不清", "When exactly"
    FACTS = "facts", "事实不清", "What exactly"
    PAPERS = "papers", "缺少材料", "Papers are missing"
    ENTRY = "entry", "需约上门时间", "A time to come by"


class RejectReason(Term):
    """Why a result goes back to the unit."""

    OFF_POINT = "off_point", "答非所问", "Off the point"
    NO_EVIDENCE = "no_evidence", "没有依据", "No evidence"
    COPIED = "copied", "照抄其他答复", "Copied from another answer"
    INCOMPLETE = "incomplete", "没有逐项答复", "Points left out"


class IncidentWay(Term):
    """How an incident is reported upwards, each with its own limit."""

    PHONE = "phone", "电话报告", "By telephone"
    WRITTEN = "written", "书面报告", "In writing"
    CITY = "city", "报送市里", "To the city"
