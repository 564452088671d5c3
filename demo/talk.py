"""How a simulated resident takes an interview: what they answer, how long it takes them, where they break off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from demo.opinions import answer, week_of
from survey.questionnaire import Question, Questionnaire
from survey.questionnaire_walk import Circumstances, Walk
from telephony.simulator.personas import Resident, Temper

LONGEST_TALK = 200


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
) -> Iterator[Said]:
    """Go through the questionnaire with a resident, up to the question at which they hang up."""
    answers: dict[str, str] = {}
    given = Circumstances(splits, {"today": on.isoformat(), "now": f"{on.isoformat()}T10:00:00"}, "zh")
    place: str = ""
    for turn in range(LONGEST_TALK):
        if stops_after is not None and turn >= stops_after:
            return
        step = Walk(questionnaire, answers, given).next_step(place)
        if step is None:
            return
        question = questionnaire.question(step)
        value = reply(who, question, questionnaire, county=county, on=on)
        answers[step] = value
        place = step
        yield Said(step, value, pause_ms(who, question))


def stops_after(who: Resident) -> int | None:
    """Return after how many questions someone who breaks off is gone."""
    return 3 + int(16 * who.trait("stops")) if who.temper is Temper.BREAKS_OFF else None
