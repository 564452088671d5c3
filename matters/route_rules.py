"""Route rules: which unit a topic goes to, at which level of the place, and which supervision office confirms it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.people import Staff, Unit, UnitKind
from core.places import Level
from core.problems import Invalid
from core.terms import Term, Words, coded
from matters.topics import Field, topic

EVERYTHING = "any"
"""The rule of last resort: whatever has no rule of its own."""
LEVELS = (Level.CITY, Level.COUNTY, Level.TOWNSHIP)


class Branch(Term):
    """Which of the two supervision offices confirms a route."""

    GOVERNMENT = "government", "政府督查室", "Government supervision office"
    PARTY = "party", "党委督查室", "Party supervision office"


class RouteRule(Base):
    """One rule; of a topic's own rule, its field's and the last resort the most particular one holds."""

    __tablename__ = "route_rule"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    topic: Mapped[str] = mapped_column(sa.String(60), unique=True)
    """The code of a topic or of a field, or "any"."""
    lead_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    """The unit at the head of the trade; at a lower level the one under it for the matter's place."""
    level: Mapped[Level] = mapped_column(coded(Level), default=Level.CITY)
    branch: Mapped[Branch] = mapped_column(coded(Branch), default=Branch.GOVERNMENT)
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    changed_at: Mapped[datetime]

    lead: Mapped[Unit] = relationship(foreign_keys=[lead_id])
    supporting: Mapped[list[RouteSupport]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="RouteSupport.id"
    )


class RouteSupport(Base):
    """A supporting unit of a rule, at its own level."""

    __tablename__ = "route_support"
    __table_args__ = (sa.UniqueConstraint("rule_id", "unit_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    rule_id: Mapped[int] = mapped_column(sa.ForeignKey("route_rule.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    level: Mapped[Level] = mapped_column(coded(Level), default=Level.CITY)

    unit: Mapped[Unit] = relationship()


def rule_for(session: Session, code: str | None) -> RouteRule | None:
    """Return the most particular rule of a topic."""
    found = topic(code or "")
    wanted = [found.code, found.field.value, EVERYTHING] if found else [EVERYTHING]
    rules = {r.topic: r for r in session.scalars(sa.select(RouteRule).where(RouteRule.topic.in_(wanted)))}
    return next((rules[key] for key in wanted if key in rules), None)


def all_rules(session: Session) -> list[RouteRule]:
    """Return every rule, fields before their topics, the last resort at the end."""
    rules = session.scalars(sa.select(RouteRule)).all()
    fields = [field.value for field in Field]

    def place(rule: RouteRule) -> tuple[int, str]:
        field = rule.topic.partition(".")[0]
        return (fields.index(field) if field in fields else len(fields), rule.topic)

    return sorted(rules, key=place)


def is_about(code: str) -> bool:
    """Say whether a code is a topic, a field or the last resort."""
    return code == EVERYTHING or Field.found(code) is not None or topic(code) is not None


def set_rule(
    session: Session,
    code: str,
    *,
    lead_id: int | None,
    level: str,
    branch: str,
    supporting: Sequence[tuple[int, str]] = (),
    by: Staff | None,
    at: datetime,
) -> RouteRule:
    """Write the rule of a topic anew; matters already routed stay where they are."""
    wrong: dict[str, Words] = {}
    if not is_about(code):
        wrong["topic"] = Words("请选择类别", "Choose a topic")
    lead = _handling(session, lead_id)
    if lead is None:
        wrong["lead"] = Words("请选择在用的承办单位", "Choose a handling unit that is open")
    found_level, found_branch = Level.found(level), Branch.found(branch)
    if found_level not in LEVELS:
        wrong["level"] = Words("请选择层级", "Choose a level")
    if found_branch is None:
        wrong["branch"] = Words("请选择督查室", "Choose the supervision office")
    others = [unit for unit, _ in supporting]
    if lead_id in others or len(set(others)) < len(others):
        wrong["supporting"] = Words(
            "主办单位不能同时协办，也不能重复", "The lead can't support; no unit twice"
        )
    if any(_handling(session, u) is None or Level.found(each) not in LEVELS for u, each in supporting):
        wrong["supporting"] = Words("请选择在用的承办单位", "Choose handling units that are open")
    if wrong or lead is None or found_level is None or found_branch is None:
        raise Invalid(Words("规则没有保存", "The rule was not saved"), fields=wrong)
    rule = session.scalars(sa.select(RouteRule).where(RouteRule.topic == code)).first()
    if rule is None:
        rule = RouteRule(topic=code)
        session.add(rule)
    else:
        rule.supporting = []
        session.flush()  # the old ones go before the same units come again
    rule.lead_id, rule.level, rule.branch = lead.id, found_level, found_branch
    rule.changed_by, rule.changed_at = by.id if by else None, at
    rule.supporting = [RouteSupport(unit_id=unit, level=Level.of(each)) for unit, each in supporting]
    session.flush()
    journal.write(session, "route_rule.set", rule, by=by, at=at, topic=code, lead=lead.id)
    return rule


def drop_rule(session: Session, rule: RouteRule, *, by: Staff, at: datetime) -> None:
    """Take a topic's own rule away, so that its field's holds again; the last resort stays."""
    if rule.topic == EVERYTHING:
        raise Invalid(Words("兜底规则不能删除，可以改", "The last resort can be changed, not removed"))
    journal.write(session, "route_rule.drop", rule, by=by, at=at, topic=rule.topic)
    session.delete(rule)
    session.flush()


def _handling(session: Session, unit_id: int | None) -> Unit | None:
    unit = session.get(Unit, unit_id) if unit_id else None
    return unit if unit and unit.is_active and unit.kind is UnitKind.HANDLING else None
