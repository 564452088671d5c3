"""People to ask in the tests of the demonstration."""

from collections.abc import Iterator
from dataclasses import dataclass

from demo.chance import uniform
from demo.city import city
from demo.margins import population


@dataclass(frozen=True)
class Person:
    number: int
    county: str = "清河县"
    is_rural: bool = False
    is_mobile: bool = True
    age: int = 40
    sex: str = "female"
    education: str = "junior"

    def trait(self, name: str) -> float:
        return uniform("person", self.number, name)


def drawn(count: int, county: str | None = None) -> Iterator[Person]:
    """Give people in proportion to the joint table, of one county or of the city."""
    wanted = None if county is None else city().county_of[county].code
    cells = [(cell, adults) for cell, adults in population().items() if wanted in (None, cell.county)]
    step = sum(adults for _, adults in cells) / count
    at, number = 0.0, 0
    for cell, adults in cells:
        at += adults
        while (number + 0.5) * step < at:
            age = int(cell.age[:2])
            yield Person(number, cell.county, cell.area == "rural", True, age, cell.sex, cell.education)
            number += 1
