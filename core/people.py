"""People who work here: staff, their units and roles, and who is acting now."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.permissions import Permission, Role, opened_at_party_office, opened_by
from core.problems import Forbidden
from core.secrets import SealedText
from core.terms import Term, coded, language


class UnitKind(Term):
    """What a unit is for."""

    CENTRE = "centre", "民意中心", "Public-opinion centre"
    SUPERVISION = "supervision", "政府督查室", "Government supervision office"
    PARTY_SUPERVISION = "party_supervision", "党委督查室", "Party supervision office"
    HANDLING = "handling", "承办单位", "Handling unit"


class Unit(Base):
    """An office that people belong to, in a tree."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"), index=True)
    kind: Mapped[UnitKind] = mapped_column(coded(UnitKind))
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name_en: Mapped[str] = mapped_column(sa.String(120))
    is_active: Mapped[bool] = mapped_column(default=True)
    duty_number: Mapped[str | None] = mapped_column(SealedText("staff"), deferred=True)
    """The telephone on duty: texted when nobody looks at what was assigned."""

    parent: Mapped[Unit | None] = relationship(remote_side=[id])

    @property
    def label(self) -> str:
        """The name in the language spoken."""
        return self.name_en if language() == "en" else self.name


class Staff(Base):
    """Someone who signs in."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    totp_secret: Mapped[str | None] = mapped_column(SealedText("staff"))
    totp_used_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    """Whoever gave the password knows it; the person chooses an own one before anything else."""
    language: Mapped[str] = mapped_column(sa.String(2), default="zh")
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    home_county_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    failed_tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]

    unit: Mapped[Unit | None] = relationship(lazy="joined")
    role_rows: Mapped[list[StaffRole]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", back_populates="staff"
    )

    @property
    def roles(self) -> set[Role]:
        """The roles this person holds."""
        return {row.role for row in self.role_rows}

    def may(self, permission: Permission) -> bool:
        """Say whether this person's roles, where they work, open a door."""
        roles = self.roles
        if permission in opened_by(roles):
            return True
        if permission not in opened_at_party_office(roles):
            return False
        return self.unit is not None and self.unit.kind is UnitKind.PARTY_SUPERVISION


class StaffRole(Base):
    """One role of one person."""

    __tablename__ = "staff_role"

    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(coded(Role), primary_key=True)

    staff: Mapped[Staff] = relationship(back_populates="role_rows")


_acting: ContextVar[Staff | None] = ContextVar("acting", default=None)


def act_as(staff: Staff | None) -> None:
    """Say who acts in this context; the guard does so at the door."""
    _acting.set(staff)


def acting() -> Staff:
    """Return the person who is acting now."""
    staff = _acting.get()
    if staff is None:
        raise Forbidden
    return staff


def acting_or_none() -> Staff | None:
    """Return the person who is acting now, if anyone has signed in."""
    return _acting.get()
