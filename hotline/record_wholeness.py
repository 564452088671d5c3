"""Wholeness: what a counselling record still needs before its contact is finished."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from core.problems import Invalid
from core.terms import Words
from hotline import forms
from hotline.contacts import Contact
from hotline.form_values import lacking
from hotline.records import FORM, record_of


def what_lacks(session: Session, contact: Contact) -> Mapping[str, Words]:
    """Say, field by field, what the record of a contact still needs; no word of what it holds."""
    record = record_of(session, contact)
    if record is None:
        return lacking(forms.form(FORM), {})
    return lacking(record.form, record.content)


def must_be_whole(session: Session, contact: Contact) -> None:
    """Refuse to finish a contact while its record lacks something."""
    wrong = dict(what_lacks(session, contact))
    if wrong:
        raise Invalid(
            Words(
                "还有 {n} 项要填，记录没有完成；已写的都在",
                "{n} more fields are needed, so the record is not finished; what you wrote is kept",
            ),
            fields=wrong,
            n=len(wrong),
        )
