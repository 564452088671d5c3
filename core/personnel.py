"""Personnel: taking people on, giving and taking roles, passwords, locks; every act journalled."""

from __future__ import annotations

import re
import secrets as random_source
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.passwords import WeakPassword, hashed, matches, weakness
from core.people import Staff, StaffRole
from core.permissions import Role
from core.problems import Invalid, Refused
from core.signing_in import end_all
from core.terms import LANGUAGES, Words

COUNSELLING = frozenset({Role.OPERATOR, Role.SHIFT_LEAD, Role.REVIEWER})
DESK = frozenset({Role.CITIZEN_OPERATOR, Role.CLERK, Role.SUPERVISION, Role.OFFICE_HEAD, Role.HANDLER})
USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def clash(roles: set[Role]) -> Words | None:
    """Say why these roles don't combine: who counsels a caller must not sit at a matter's desk."""
    if roles & COUNSELLING and roles & DESK:
        return Words(
            "接线员（心理援助）、值班组长和评议督导不能同时接民意热线，也不能担任受理、督查或承办：来电人说的话不能流到办事的一边",
            "Operators (counselling), shift leads and reviewers can't also answer the citizen line or be clerk, "
            "supervision or handler: what callers say must not reach the desks",
        )
    return None


def fresh_password() -> str:
    """Make a first password that can be read out: four groups of four."""
    return "-".join("".join(random_source.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def take_on(
    session: Session,
    *,
    username: str,
    name: str,
    roles: set[Role],
    unit_id: int | None,
    home_county_id: int | None,
    language: str,
    password: str,
    by: Staff | None,
    at: datetime,
) -> Staff:
    """Take someone on with roles and a first password."""
    wrong: dict[str, Words] = {}
    if not USERNAME.fullmatch(username):
        wrong["username"] = Words(
            "2–40 个小写字母、数字或 . _ -，以字母开头",
            "2–40 lower-case letters, digits or . _ -, a letter first",
        )
    elif session.scalar(sa.select(Staff.id).where(Staff.username == username)) is not None:
        wrong["username"] = Words("这个用户名已有人用", "This user name is taken")
    if not 1 <= len(name) <= 40:
        wrong["name"] = Words("请填写姓名（40 字以内）", "A name of up to 40 characters is needed")
    clashing = clash(roles)
    if clashing is not None:
        wrong["roles"] = clashing
    too_weak = weakness(password, username)
    if too_weak is not None:
        wrong["password"] = too_weak
    if wrong:
        raise Invalid(
            Words("没有新增人员，请改正标出的几处", "Nobody was added; put the marked fields right"),
            fields=wrong,
        )
    staff = Staff(
        username=username,
        name=name,
        password_hash=hashed(password),
        must_change_password=True,
        language=language if language in LANGUAGES else "zh",
        unit_id=unit_id,
        home_county_id=home_county_id,
        created_at=at,
        role_rows=[StaffRole(role=role) for role in sorted(roles)],
    )
    session.add(staff)
    session.flush()
    journal.write(session, "staff.taken_on", staff, by=by, at=at, roles=sorted(r.value for r in roles))
    return staff


def describe(
    session: Session,
    staff: Staff,
    *,
    name: str,
    unit_id: int | None,
    home_county_id: int | None,
    by: Staff,
    at: datetime,
) -> None:
    """Correct a person's name, unit and home county."""
    if not 1 <= len(name) <= 40:
        raise Invalid(
            fields={"name": Words("请填写姓名（40 字以内）", "A name of up to 40 characters is needed")}
        )
    staff.name = name
    staff.unit_id = unit_id
    staff.home_county_id = home_county_id
    session.flush()
    journal.write(session, "staff.described", staff, by=by, at=at, unit=unit_id, county=home_county_id)


def set_roles(session: Session, staff: Staff, roles: set[Role], *, by: Staff, at: datetime) -> None:
    """Give and take roles; counselling and desk roles don't combine, and one administrator stays."""
    clashing = clash(roles)
    if clashing is not None:
        raise Refused(clashing)
    before = staff.roles
    if Role.ADMINISTRATOR in before - roles:
        _another_administrator(session, staff)
    for row in [row for row in staff.role_rows if row.role not in roles]:
        staff.role_rows.remove(row)
    staff.role_rows.extend(StaffRole(role=role) for role in sorted(roles - before))
    session.flush()
    journal.write(
        session,
        "staff.roles",
        staff,
        by=by,
        at=at,
        given=sorted(r.value for r in roles - before),
        taken=sorted(r.value for r in before - roles),
    )


def _another_administrator(session: Session, staff: Staff) -> None:
    query = (
        sa.select(Staff.id)
        .join(StaffRole)
        .where(StaffRole.role == Role.ADMINISTRATOR, Staff.is_active, Staff.id != staff.id)
    )
    if session.scalars(query.limit(1)).first() is None:
        raise Refused(
            Words(
                "这是最后一位管理员，没有改动。请先让另一个人担任管理员。",
                "This is the last administrator; nothing was changed. Make someone else administrator first.",
            )
        )


def set_active(session: Session, staff: Staff, is_active: bool, *, by: Staff, at: datetime) -> None:
    """Let someone in again, or close their account and end their sessions."""
    if not is_active and Role.ADMINISTRATOR in staff.roles:
        _another_administrator(session, staff)
    staff.is_active = is_active
    session.flush()
    if not is_active:
        end_all(session, staff, by=by, at=at)
    journal.write(session, "staff.opened" if is_active else "staff.closed", staff, by=by, at=at)


def reset_password(session: Session, staff: Staff, *, by: Staff | None, at: datetime) -> str:
    """Give a new first password and end every session; return the password, to be told once."""
    password = fresh_password()
    staff.password_hash = hashed(password)
    staff.must_change_password = True
    staff.failed_tries = 0
    staff.locked_until = None
    session.flush()
    end_all(session, staff, by=by, at=at)
    journal.write(session, "staff.password_reset", staff, by=by, at=at)
    return password


def reset_code(session: Session, staff: Staff, *, by: Staff | None, at: datetime) -> None:
    """Forget the authenticator, so that a new one is enrolled at the next sign-in."""
    staff.totp_secret = None
    staff.totp_used_step = None
    session.flush()
    end_all(session, staff, by=by, at=at)
    journal.write(session, "staff.code_reset", staff, by=by, at=at)


def unlock(session: Session, staff: Staff, *, by: Staff | None, at: datetime) -> None:
    """Open an account that wrong tries have locked."""
    staff.failed_tries = 0
    staff.locked_until = None
    session.flush()
    journal.write(session, "staff.unlocked", staff, by=by, at=at)


def change_password(
    session: Session, staff: Staff, *, old: str, new: str, again: str, at: datetime, keep: int | None = None
) -> None:
    """Change one's own password; every other session of theirs ends."""
    wrong: dict[str, Words] = {}
    if not matches(staff.password_hash, old):
        wrong["old"] = Words("现在的密码不对", "The present password is not right")
    too_weak = weakness(new, staff.username)
    if too_weak is not None:
        wrong["new"] = too_weak
    elif new == old:
        wrong["new"] = Words("新密码不能和现在的一样", "It must differ from the present one")
    if new != again:
        wrong["again"] = Words("两次输入不一样", "The two are not the same")
    if wrong:
        raise WeakPassword(Words("密码没有更改", "The password was not changed"), fields=wrong)
    staff.password_hash = hashed(new)
    staff.must_change_password = False
    session.flush()
    end_all(session, staff, by=staff, at=at, but=keep)
    journal.write(session, "staff.password_changed", staff, by=staff, at=at)
