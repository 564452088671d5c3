"""Which category of a margin a respondent belongs to, read from the answers of the interview."""

from __future__ import annotations

from collections.abc import Mapping

AGE_BANDS = ((18, "18-29"), (30, "30-39"), (40, "40-49"), (50, "50-59"), (60, "60-69"), (70, "70+"))
SEX = {"1": "male", "2": "female"}
AREA = {"1": "urban", "2": "rural"}
EDUCATION = {"1": "primary", "2": "junior", "3": "senior", "4": "college", "5": "college"}
ORDER = {
    name: place for place, name in enumerate(("primary", "junior", "senior", "college", "urban", "rural"))
}
"""Neighbours of a category; those not named here (counties, sex and age) follow their codes."""
VARIABLES = ("county", "sex_age", "area", "education")
QUESTIONS = ("sex", "age", "area", "education", "mobiles", "landlines")


def age_band(text: str | None) -> str | None:
    """Return the band of an age in whole years, or None below 18 and for no answer."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    age = int(text)
    bands = [name for least, name in AGE_BANDS if age >= least]
    return bands[-1] if bands and age <= 120 else None


def category(variable: str, answers: Mapping[str, str], county: str) -> str | None:
    """Return the category of one respondent, or None where the answers do not tell."""
    match variable:
        case "county":
            return county
        case "sex_age":
            sex, band = SEX.get(answers.get("sex", "")), age_band(answers.get("age"))
            return f"{sex}:{band}" if sex and band else None
        case "area":
            return AREA.get(answers.get("area", ""))
        case "education":
            return EDUCATION.get(answers.get("education", ""))
        case _:
            return None


def count(answers: Mapping[str, str], question: str, *, least: int, most: int) -> int | None:
    """Return a count given as an answer, kept within bounds, or None for no answer."""
    text = answers.get(question, "")
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() else None
