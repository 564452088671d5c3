"""The rates in words: what each means, its formula, and whether e enters it."""

from __future__ import annotations

from dataclasses import dataclass

from core.terms import Words


@dataclass(frozen=True)
class RateWords:
    """One rate as a reader meets it."""

    key: str
    name: str
    formula: str
    words: Words

    @property
    def has_e(self) -> bool:
        """Say whether the eligible share of the unknown enters the rate."""
        return "De" in self.formula


_D, _DE, _D0 = (
    Words(
        "分母是全部投放号码（不合格的除外），资格不明的都算合格",
        "over all released numbers but the ineligible; every unknown counts as eligible",
    ),
    Words("资格不明的按 e 折算为合格", "of the unknown the share e counts as eligible"),
    Words("只以确知合格的为分母", "over those known to be eligible only"),
)
_I = Words("完成访问", "Completes")
_IP = Words("完成与部分完成", "Completes and partials")
_REFUSED = Words("拒访与中断", "Refusals and break-offs")
_REACHED = Words("接触到合格住户（完成、部分完成、拒访、其他）", "Households reached: I, P, R and O")


def _of(top: Words, bottom: Words) -> Words:
    return Words(f"{top.zh};{bottom.zh}。", f"{top.en}, {bottom.en}.")


_TALKED = Words(
    "分母是谈得上话的合格受访者，含因其他原因不能访问的", "over everyone reached, the unable included"
)
_ABLE = Words("分母不含因身心、语言等原因不能访问的", "the unable (health, language) left out of the base")

RATES: tuple[RateWords, ...] = (
    RateWords("rr1", "RR1", "I / D", _of(_I, _D)),
    RateWords("rr2", "RR2", "(I+P) / D", _of(_IP, _D)),
    RateWords("rr3", "RR3", "I / De", _of(_I, _DE)),
    RateWords("rr4", "RR4", "(I+P) / De", _of(_IP, _DE)),
    RateWords("rr5", "RR5", "I / D0", _of(_I, _D0)),
    RateWords("rr6", "RR6", "(I+P) / D0", _of(_IP, _D0)),
    RateWords("coop1", "COOP1", "I / ((I+P)+R+O)", _of(_I, _TALKED)),
    RateWords("coop2", "COOP2", "(I+P) / ((I+P)+R+O)", _of(_IP, _TALKED)),
    RateWords("coop3", "COOP3", "I / ((I+P)+R)", _of(_I, _ABLE)),
    RateWords("coop4", "COOP4", "(I+P) / ((I+P)+R)", _of(_IP, _ABLE)),
    RateWords("ref1", "REF1", "R / D", _of(_REFUSED, _D)),
    RateWords("ref2", "REF2", "R / De", _of(_REFUSED, _DE)),
    RateWords("ref3", "REF3", "R / D0", _of(_REFUSED, _D0)),
    RateWords("con1", "CON1", "((I+P)+R+O) / D", _of(_REACHED, _D)),
    RateWords("con2", "CON2", "((I+P)+R+O) / De", _of(_REACHED, _DE)),
    RateWords("con3", "CON3", "((I+P)+R+O) / D0", _of(_REACHED, _D0)),
)

FAMILIES: tuple[tuple[Words, str], ...] = (
    (Words("应答率", "Response rates"), "rr"),
    (Words("合作率", "Cooperation rates"), "coop"),
    (Words("拒访率", "Refusal rates"), "ref"),
    (Words("接触率", "Contact rates"), "con"),
)
