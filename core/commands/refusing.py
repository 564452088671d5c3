"""How a command refuses: in the words a page would use, and without a trace."""

from __future__ import annotations

import click

from core.problems import Invalid, Problem


class HouseProblem(click.ClickException):
    """A refusal in words, for the terminal."""

    def __init__(self, problem: Problem) -> None:
        lines = [problem.words.in_language("en")]
        if isinstance(problem, Invalid):
            lines += [f"  {name}: {words.in_language('en')}" for name, words in problem.fields.items()]
        super().__init__("\n".join(lines))
