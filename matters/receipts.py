"""Receipt numbers: what a resident writes down, in a form that a slip of the tongue cannot turn into another.

A receipt reads yymm-serial-check: the month of registration, the serial within that month (four digits or more)
and one check digit over all digits before it. The check digit is Damm's (H. M. Damm, 2004): a walk through a
totally anti-symmetric quasigroup of order 10, which notices every single wrong digit and every swap of two
neighbouring digits.
"""

from __future__ import annotations

import re
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base

_SQUARE = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_SHAPE = re.compile(r"(\d{4})-?(\d{4,7})-?(\d)")


class ReceiptSerial(Base):
    """The last serial given in a month."""

    __tablename__ = "receipt_serial"

    month: Mapped[str] = mapped_column(sa.String(4), primary_key=True)
    last: Mapped[int]


def check_digit(digits: str) -> int:
    """Return the check digit of a row of digits; 0 for a row that ends with its own."""
    interim = 0
    for digit in digits:
        interim = _SQUARE[interim][int(digit)]
    return interim


def receipt(month: str, serial: int) -> str:
    """Write a receipt: receipt("2611", 482) is 2611-0482 and its check digit."""
    text = f"{serial:04}"
    return f"{month}-{text}-{check_digit(month + text)}"


def read_receipt(text: str) -> str | None:
    """Read a receipt as people type it (spaces, no hyphens); None where its check digit is wrong."""
    found = _SHAPE.fullmatch("".join(text.split()).replace("－", "-").replace("–", "-"))
    if found is None or check_digit("".join(found.groups())) != 0:
        return None
    return f"{found[1]}-{found[2]}-{found[3]}"


def next_receipt(session: Session, on: date) -> str:
    """Take the next receipt of a month; two takers at once never get the same."""
    month = f"{on:%y%m}"
    step = (
        sa.update(ReceiptSerial)
        .where(ReceiptSerial.month == month)
        .values(last=ReceiptSerial.last + 1)
        .returning(ReceiptSerial.last)
    )
    serial = session.execute(step).scalar()
    if serial is None:
        try:
            with session.begin_nested():
                session.execute(sa.insert(ReceiptSerial).values(month=month, last=0))
        except IntegrityError:
            pass  # another taker opened the month a moment ago
        serial = session.execute(step).scalar_one()
    return receipt(month, serial)
