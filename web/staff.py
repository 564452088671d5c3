"""The administrator's pages on people: who works here, with which roles."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock, personnel
from core.db import reading, transaction
from core.doors import Door
from core.listing import ordered, page, page_number
from core.people import Staff, StaffRole, Unit, acting
from core.permissions import Permission, Role, require
from core.places import counties
from core.problems import Invalid, Missing
from core.signing_in import end_all, is_locked, open_sessions
from core.terms import Words, t
from web.guard import idle_limit

blueprint = Blueprint("staff", __name__, url_prefix="/staff")
DOORS = [
    Door(
        "staff.people",
        Words("人员", "People"),
        Permission.STAFF_MANAGE,
        order=80,
        first_for=frozenset({Role.ADMINISTRATOR}),
        about=Words("新增人员，分配角色，重设密码，解锁", "Add people, give roles, reset passwords, unlock"),
    )
]
SORTS = {"username": Staff.username, "name": Staff.name, "created": Staff.created_at}


@blueprint.get("/")
@require(Permission.STAFF_MANAGE)
def people() -> str:
    """List people, by role, unit and name."""
    args = request.args
    query = sa.select(Staff)
    words = args.get("q", "").strip()
    if words:
        like = f"%{words.replace('%', '').replace('_', '')}%"
        query = query.where(sa.or_(Staff.username.ilike(like), Staff.name.ilike(like)))
    role = Role.found(args.get("role"))
    if role is not None:
        query = query.where(Staff.id.in_(sa.select(StaffRole.staff_id).where(StaffRole.role == role)))
    if args.get("unit", "").isdigit():
        query = query.where(Staff.unit_id == int(args["unit"]))
    if args.get("state") == "locked":
        query = query.where(Staff.locked_until > clock.now())
    elif args.get("state") == "closed":
        query = query.where(sa.not_(Staff.is_active))
    with reading() as session:
        return render_template(
            "web/people.html",
            page=page(session, ordered(query, args, SORTS, "username"), page_number(args)),
            units=_units(session),
            is_locked=is_locked,
        )


@blueprint.get("/new")
@require(Permission.STAFF_MANAGE)
def new() -> str:
    """Show the form for someone new."""
    with reading() as session:
        return _new_page(session, {}, {})


@blueprint.post("/new")
@require(Permission.STAFF_MANAGE)
def take_on() -> ResponseReturnValue:
    """Take someone on; the first password is shown once."""
    form = request.form
    password = personnel.fresh_password()
    try:
        with transaction() as session:
            staff = personnel.take_on(
                session,
                username=form.get("username", "").strip().lower(),
                name=form.get("name", "").strip(),
                roles=_roles_chosen(),
                unit_id=form.get("unit_id", type=int),
                home_county_id=form.get("home_county_id", type=int),
                language=form.get("language", "zh"),
                password=password,
                by=acting(),
                at=clock.now(),
            )
    except Invalid as problem:
        with reading() as session:
            return _new_page(session, problem.fields, form.to_dict()), problem.status
    return _one_page(staff.id, password=password)


@blueprint.get("/<int:staff_id>")
@require(Permission.STAFF_MANAGE)
def one(staff_id: int) -> str:
    """Show one person."""
    return _one_page(staff_id)


@blueprint.post("/<int:staff_id>/describe")
@require(Permission.STAFF_MANAGE)
def describe(staff_id: int) -> ResponseReturnValue:
    """Correct name, unit and home county."""
    with transaction() as session:
        personnel.describe(
            session,
            _found(session, staff_id),
            name=request.form.get("name", "").strip(),
            unit_id=request.form.get("unit_id", type=int),
            home_county_id=request.form.get("home_county_id", type=int),
            by=acting(),
            at=clock.now(),
        )
    return _back(staff_id, t("已保存。", "Saved."))


@blueprint.post("/<int:staff_id>/roles")
@require(Permission.STAFF_MANAGE)
def set_roles(staff_id: int) -> ResponseReturnValue:
    """Give and take roles."""
    with transaction() as session:
        personnel.set_roles(session, _found(session, staff_id), _roles_chosen(), by=acting(), at=clock.now())
    return _back(staff_id, t("角色已更改，即刻生效。", "Roles changed, in force at once."))


@blueprint.post("/<int:staff_id>/password")
@require(Permission.STAFF_MANAGE)
def reset_password(staff_id: int) -> str:
    """Give a new first password, shown once."""
    with transaction() as session:
        password = personnel.reset_password(session, _found(session, staff_id), by=acting(), at=clock.now())
    return _one_page(staff_id, password=password)


@blueprint.post("/<int:staff_id>/code")
@require(Permission.STAFF_MANAGE)
def reset_code(staff_id: int) -> ResponseReturnValue:
    """Forget the authenticator."""
    with transaction() as session:
        personnel.reset_code(session, _found(session, staff_id), by=acting(), at=clock.now())
    return _back(
        staff_id,
        t(
            "验证器已重设，下次登录时重新绑定。",
            "Authenticator reset; a new one is enrolled at the next sign-in.",
        ),
    )


@blueprint.post("/<int:staff_id>/unlock")
@require(Permission.STAFF_MANAGE)
def unlock(staff_id: int) -> ResponseReturnValue:
    """Open a locked account."""
    with transaction() as session:
        personnel.unlock(session, _found(session, staff_id), by=acting(), at=clock.now())
    return _back(staff_id, t("已解锁。", "Unlocked."))


@blueprint.post("/<int:staff_id>/active")
@require(Permission.STAFF_MANAGE)
def set_active(staff_id: int) -> ResponseReturnValue:
    """Close an account, or open it again."""
    is_active = request.form.get("is_active") == "1"
    with transaction() as session:
        personnel.set_active(session, _found(session, staff_id), is_active, by=acting(), at=clock.now())
    return _back(
        staff_id, t("账号已启用。", "Account opened.") if is_active else t("账号已停用。", "Account closed.")
    )


@blueprint.post("/<int:staff_id>/end-sessions")
@require(Permission.STAFF_MANAGE)
def end_sessions(staff_id: int) -> ResponseReturnValue:
    """End every session of a person."""
    with transaction() as session:
        count = end_all(session, _found(session, staff_id), by=acting(), at=clock.now())
    return _back(staff_id, t("已结束 {n} 处登录。", "{n} sessions ended.", n=count))


def _found(session: Session, staff_id: int) -> Staff:
    staff = session.get(Staff, staff_id)
    if staff is None:
        raise Missing
    return staff


def _roles_chosen() -> set[Role]:
    return {role for role in Role if role.value in request.form.getlist("roles")}


def _units(session: Session) -> list[tuple[int, str]]:
    units = session.scalars(sa.select(Unit).where(Unit.is_active).order_by(Unit.name))
    return [(unit.id, unit.label) for unit in units]


def _back(staff_id: int, words: str) -> ResponseReturnValue:
    flash(words, "good")
    return redirect(url_for(".one", staff_id=staff_id), 303)


def _new_page(session: Session, wrong: dict[str, Words], typed: dict[str, str]) -> str:
    return render_template(
        "web/person_new.html",
        wrong=wrong,
        typed=typed,
        chosen=_roles_chosen(),
        units=_units(session),
        counties=[(c.id, c.label) for c in counties(session)],
    )


def _one_page(staff_id: int, *, password: str | None = None) -> str:
    now = clock.now()
    with reading() as session:
        staff = _found(session, staff_id)
        return render_template(
            "web/person.html",
            staff=staff,
            password=password,
            is_locked=is_locked(staff, now),
            sessions=open_sessions(session, staff, at=now, idle=idle_limit()),
            units=_units(session),
            counties=[(c.id, c.label) for c in counties(session)],
        )
