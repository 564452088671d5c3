"""A message on the wire that breaks the vendor's promise."""

from __future__ import annotations


class Breach(ValueError):
    """Say where a request, an answer or a document leaves the contract, and how."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem
