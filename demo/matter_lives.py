"""Lives of matters: what becomes of each one after it was registered, told as the moments at which somebody acts."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta

from core import clock
from demo.chance import below
from demo.matter_endings import Ending, Life
from demo.matter_hands import Hands
from demo.matter_plots import DESK, DONE, OFFICE, WAITING, Plot, within
from matters import correcting, knowledge, merging, withdrawing
from matters.attributes import (
    DeclineReason,
    IncidentWay,
    MatterKind,
    PauseReason,
    TransferTarget,
)
from matters.clocks import result_end
from matters.flow import MatterAction as A
from matters.limits import Limit, end_of
from matters.matter import Matter
from matters.policies import policy_of
from matters.states import CLOSED, MatterState
from matters.turns import Errand

S = MatterState
P = Plot


class Tale(Ending):
    """One matter's life from its registration on."""

    def live(self, registered: datetime) -> Life:
        """Let the desk take it up, then the offices, the unit, and the callers judge."""
        hands = yield registered + timedelta(minutes=self._some(3, 13))
        if self.plot is P.NEW:
            return
        self._corrected(hands)
        if self._at_the_desk(hands):
            yield from self._confirmed(hands)
            return
        if self.plot is P.TO_ROUTE:
            return
        while True:
            hands = yield from self._routed(hands)
            hands = yield from self._worked(hands)
            if hands.state is not S.RESULT_IN or self.plot is P.UNCHECKED:
                return
            hands = yield from self._told(hands)
            hands = yield from self._judged(hands)
            if self.plot is P.REOPENED and hands.state in CLOSED:
                self.plot = P.PLAIN
                hands = yield self._office(hands.at, 8, 14)
                caller = hands.standing.present_callers[0].id
                hands.do(A.REOPEN, hands.clerk(), "过了几天又坏了。", verified="voice", caller=caller)
            if hands.state is not S.TO_ROUTE:
                return

    def _corrected(self, hands: Hands) -> None:
        """Have the desk put a place right that was misheard, now and then."""
        if below(15, "misheard", hands.matter.id) == 0:
            typed = correcting.as_typed(hands.matter) | {
                "spot": "村委会往东第二个路口",
                "reason": "回听录音，路口听错了。",
            }
            by = hands.clerk()
            correcting.correct(hands.session, hands.matter, typed, by=by, at=hands.at, seen=None)

    def _at_the_desk(self, hands: Hands) -> bool:
        """Let the desk end it at once, or submit it; say whether it ended."""
        by = hands.clerk()
        offer = knowledge.offered(hands.session, clock.today(hands.at), hands.matter.topic)
        fits = [article for article in offer if hands.matter.topic in article.topics]
        if hands.matter.kind is MatterKind.ENQUIRY and fits:
            hands.do(A.ANSWER, by, "照条目答复，对方认可。", article=fits[0].id, content=True)
        elif self.plot is P.DECLINED:
            reason = DeclineReason.COURT.value
            hands.do(A.DECLINE, by, "事情已进入诉讼，请凭案号到诉讼服务中心查询。", reason=reason, told=True)
        elif self.plot is P.TRANSFERRED:
            hands.do(A.TRANSFER, by, "已接通并说明情况。", target=TransferTarget.PETITION.value, warm=True)
        else:
            hands.do(A.SUBMIT, by)
            return False
        return True

    def _confirmed(self, hands: Hands) -> Life:
        if hands.state is S.NOT_ACCEPTED:
            hands = yield within(hands.at, self._some(0.5, 5), DESK, working=False)
            hands.do(A.CONFIRM_DECLINE, hands.clerk(hands.standing.declined_by))

    def _routed(self, hands: Hands) -> Generator[datetime, Hands, Hands]:
        """Have it assigned, and given back or kept."""
        hands = yield self._soon(hands, 0.3, 5)
        hands.assign()
        returns = {P.RETURNED: 1, P.KEPT: 1, P.RULED: 2, P.RETURN_WAITS: 1}.get(self.plot, 0)
        for _ in range(returns):
            hands = yield self._office(hands.at, 0.3, 2.5)
            if hands.state not in (S.ASSIGNED, S.IN_HAND):
                return hands
            away = next(u for u in hands.cast.handlers if u != hands.matter.lead_unit_id)
            words = "按三定方案，此事不在我单位职责内，建议改派。"
            hands.do(A.ASK_RETURN, hands.handler(), words, basis=True, proposed=away)
            if self.plot is P.RETURN_WAITS:
                return hands
            hands = yield self._office(hands.at, 0.5, 3)
            if self.plot is P.KEPT:
                hands.do(A.REFUSE_RETURN, hands.office()[0], "职责清单第三项写明由你单位牵头。")
            else:
                hands.assign()
        if self.plot in (P.RETURNED, P.RULED, P.KEPT):
            self.plot = P.PLAIN
        return hands

    def _worked(self, hands: Hands) -> Generator[datetime, Hands, Hands]:
        """Let the unit sign, speak to the caller, and report."""
        if hands.state is S.RETURN_ASKED or self.plot is P.TO_SIGN:
            return hands
        if self.plot is P.SILENT:
            hands = yield within(hands.at, 10, OFFICE, working=True)
        else:
            hands = yield self._soon(hands, 0.3, 4)
        if hands.state is S.ASSIGNED:
            hands.do(A.SIGN, hands.handler())
        hands = yield self._soon(hands, 0.5, 9 if self.plot is P.LATE else 5)
        if hands.state is not S.IN_HAND:
            return hands
        if hands.standing.contacted_at is None:
            hands.relay("您反映的事已收到，我们正在安排人到现场看。")
        hands = yield from self._turning(hands)
        if hands.state is not S.IN_HAND:
            return hands
        hands = yield self._reports_at(hands)
        if hands.state is not S.IN_HAND:
            return hands
        hands.report(self._outcome(), DONE[self._outcome()])
        return hands

    def _reports_at(self, hands: Hands) -> datetime:
        """Return when the unit reports: within its limit, or well after it."""
        policy = policy_of(hands.session, hands.matter.policy_id, at=hands.at)
        due = result_end(hands.standing, policy, clock.zone()).due_at
        if self.plot is P.LATE:
            return self._office(max(due, hands.at), 8, 75)
        if self.plot in WAITING:
            return self._office(hands.at, 1, 5)
        share = self._some(0.25, 0.9)
        at = hands.at + (due - hands.at) * share if due > hands.at else hands.at
        return at if hands.matter.urgency.is_pressing else within(at, 0.1, OFFICE, working=True)

    def _turning(self, hands: Hands) -> Generator[datetime, Hands, Hands]:
        """Let what is out of the ordinary happen while the unit works."""
        by, plot = hands.handler(), self.plot
        if plot in (P.ASKS, P.NO_REPLY, P.ASK_WAITS):
            hands.do(A.ASK_CALLER, by, "具体是哪一处，靠近哪个门牌？", reason=PauseReason.PLACE.value)
            if plot is not P.ASK_WAITS:
                # Where nobody answers, the clock ends the pause by itself.
                hours = 32 if plot is P.NO_REPLY else self._some(3, 14)
                hands = yield within(hands.at, hours, OFFICE, working=True)
                if hands.state is S.WAIT_CALLER:
                    answer = "在村委会往东第二个路口。"
                    if not hands.reach(Errand.ASK, answer):
                        hands.do(A.CALLER_REPLIED, hands.clerk(), answer)
        elif plot is P.EXTENDED:
            policy = policy_of(hands.session, hands.matter.policy_id, at=hands.at)
            due = result_end(hands.standing, policy, clock.zone()).due_at
            if hands.at < due:
                until = (
                    due
                    + (
                        end_of(due, policy.span(Limit.EXTENSION, hands.matter.urgency), clock.zone()).due_at
                        - due
                    )
                    / 2
                )
                hands.do(A.ASK_EXTENSION, by, "配件要订货。", until=until.isoformat())
                hands = yield self._office(hands.at, 3, 6)
                if hands.state is S.IN_HAND and hands.standing.is_extension_asked:
                    hands.do(A.GRANT_EXTENSION, hands.clerk())
                    hands.reach(Errand.INFORM, "")
        elif plot is P.SUSPENDED:
            hands = yield self._office(hands.at, 2, 6)
            if hands.state is S.IN_HAND:
                review = (hands.at + timedelta(days=60)).isoformat()
                words = "一、测绘；二、列入明年一季度计划；三、三月开工。"
                hands.do(A.SUSPEND, hands.office()[1], words, review=review)
                hands.reach(Errand.INFORM, "")
        elif plot is P.INCIDENT:
            hands.do(A.FLAG_INCIDENT, hands.clerk(), "有人受伤，现场已围起来。\n地点见事项。")
            hands = yield hands.at + timedelta(minutes=self._some(3, 12))
            hands.do(A.ACKNOWLEDGE, hands.office()[1])
            for way in IncidentWay:
                hands = yield hands.at + timedelta(minutes=self._some(2, 9))
                hands.do(A.REPORT_INCIDENT, hands.office()[0], way=way.value)
        elif plot in (P.WITHDRAWN, P.PRESSED):
            hands = yield within(hands.at, self._some(2, 8), DESK, working=False)
            withdrawing.withdraw(
                hands.session, hands.matter, caller_id=hands.standing.present_callers[0].id, verified="voice",
                pin="", pressed=plot is P.PRESSED, text="", by=hands.clerk(), at=hands.at,
            )  # fmt: skip
        return hands


def twin_of(matter: Matter, told: Hands, *, is_another: bool) -> Life:
    """Let a second registration of the same matter be merged: the desk proposes, the custodian decides."""
    assert matter.registered_at is not None
    hands = yield matter.registered_at + timedelta(minutes=8)
    target = hands.session.get_one(Matter, told.matter.id)
    merging.propose(hands.session, hands.matter, target, by=hands.clerk(), at=hands.at)
    hands = yield hands.at + timedelta(minutes=50)
    if is_another:
        by, why = hands.cast.by_name["custodian"], "两处相隔较远，不是同一件，请分别办理。"
        merging.refuse(hands.session, hands.matter, why, by=by, at=hands.at)
        yield from Tale(P.PLAIN, told.random).live(hands.at)
        return
    target = hands.session.get_one(Matter, told.matter.id)
    merging.merge(hands.session, hands.matter, target, by=hands.cast.by_name["custodian"], at=hands.at)
