"""Problems name places and no persons, in both languages."""

import re
from collections import Counter
from dataclasses import dataclass

from demo.chance import uniform
from demo.city import city
from demo.problems import home_of, problems, raised_by


@dataclass(frozen=True)
class Neighbour:
    number: int

    def trait(self, name: str) -> float:
        return uniform("neighbour", self.number, name)


def test_there_are_about_sixty_in_many_categories() -> None:
    assert 55 <= len(problems()) <= 70
    assert len({problem.zh for problem in problems()}) == len(problems())
    assert min(Counter(problem.category for problem in problems()).values()) >= 2
    assert {problem.kind for problem in problems()} == {
        "enquiry",
        "help",
        "complaint",
        "opinion",
        "suggestion",
    }
    assert {problem.urgency for problem in problems()} <= {"u1", "u2", "u3", "u4"}


def test_told_at_a_place_no_mark_is_left_and_both_languages_name_it() -> None:
    township = city().township("清河县", "柳湖镇")
    village = city().villages_of[township.code][0]
    for problem in problems():
        told, plain = problem.told(township, village), problem.plain()
        assert not re.search(r"[{}]|村村口", told.zh + told.en + plain.zh + plain.en)
        assert ("柳湖镇" in told.zh) == ("{township}" in problem.zh)
        assert (township.english in told.en) == ("{township}" in problem.en) == ("{township}" in problem.zh)


def test_a_neighbour_raises_the_same_problem_again_and_neighbours_differ() -> None:
    raised = Counter(raised_by(Neighbour(number)).zh for number in range(3_000))
    assert raised_by(Neighbour(1)) == raised_by(Neighbour(1))
    assert len(raised) == len(problems())
    township = city().townships[5]
    assert {home_of(Neighbour(n), township) for n in range(200)} == set(city().villages_of[township.code])
