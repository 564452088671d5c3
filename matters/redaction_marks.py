"""Marks: what is written in a redacted copy where something that tells who someone is stood."""

from __future__ import annotations

from dataclasses import dataclass

from core.terms import Term


class Mark(Term):
    """What was taken out."""

    PHONE = "phone", "电话", "Telephone number"
    ID_NUMBER = "id_number", "身份证号", "ID number"
    BANK_CARD = "bank_card", "银行卡号", "Bank card"
    NUMBER = "number", "号码", "Number"
    PLATE = "plate", "车牌", "Licence plate"
    EMAIL = "email", "邮箱", "E-mail"
    ACCOUNT = "account", "网络账号", "Chat account"
    ADDRESS = "address", "住址", "Address"
    NAME = "name", "姓名", "Name"

    @property
    def in_text(self) -> str:
        """The mark as it stands in the copy; the narrative is Chinese, and so is the mark."""
        return f"〔{self.zh}〕"


@dataclass(frozen=True)
class Finding:
    """One thing found: what it is, and the characters from `start` up to `end`."""

    mark: Mark
    start: int
    end: int
