"""How a simulated resident takes an interview: what they answer, how long it takes them, where they break off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from demo.opinions import answer, week_of
from survey.questionnaire import Question, Questionnaire
from survey.questionnaire_walk import Circumstances, Walk
from telephony.simulator.personas import Resident, Temper


@dataclass(frozen=True, slots=True)
class Said:
    """One answer with the milliseconds it took."""

    question: str
    value: str
    shown_ms: int


def reply(who: Resident, question: Question, questionnaire: Questionnaire, *, county: str, on: date) -> str:
    """Return what the resident answers to one question, as the questionnaire stores it."""
    value = answer(
        who,
        question.name,
        questionnaire.lists.get(question.list, ()),
        county=county,
        week=week_of(on),
        kind=question.type,
    )
    return " ".join(value) if isinstance(value, tuple) else str(value)


def pause_ms(who: Resident, question: Question) -> int:
    """Return how long question and answer take this resident: older people take their time."""
    words = len(question.label.zh)
    slowness = 0.8 + 0.5 * who.trait("slowness") + max(0, who.age - 50) * 0.008
    return int((1500 + 110 * words) * slowness * (0.7 + 0.6 * who.trait(f"pause {question.name}")))


def talk(
    who: Resident,
    questionnaire: Questionnaire,
    splits: dict[str, str],
    *,
    county: str,
    on: date,
    stops_after: int | None = None,
    household: Mapping[str, str] | None = None,
    is_refused: bool = False,
) -> list[Said]:
    """Go through the questionnaire with a resident, up to the question at which they hang up.

    `household` is what was said before the respondent came to the telephone; refused, the talk ends with it.

    A resident's opinions do not hang on what was asked before, so the way is walked once with all of them.
    """
    told = household or {}
    answers = {
        q.name: told.get(q.name) or reply(who, q, questionnaire, county=county, on=on)
        for q in questionnaire.questions
        if q.is_step
    }
    given = Circumstances(splits, {"today": on.isoformat(), "now": f"{on.isoformat()}T10:00:00"}, "zh")
    way = Walk(questionnaire, answers, given).path()
    if is_refused:
        way = way[: 1 + max((n for n, name in enumerate(way) if name in told), default=0)]
    asked = [
        questionnaire.question(name) for name in way[:stops_after] if questionnaire.question(name).is_step
    ]
    return [Said(q.name, answers[q.name], pause_ms(who, q)) for q in asked]


def stops_after(who: Resident) -> int | None:
    """Return after how many questions someone who breaks off is gone."""
    return 3 + int(16 * who.trait("stops")) if who.temper is Temper.BREAKS_OFF else None
