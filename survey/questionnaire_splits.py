"""Split halves: which version of the wording, answer order and list each case hears, fixed for ever by its key."""

import hashlib

from survey.questionnaire import SELECTS, Questionnaire

SEPARATOR = "\x1f"
ORDER = "order:"


def arm_of(case_key: str, split: str, arms: tuple[str, ...]) -> str:
    """Give the arm of a case in a split: the same key always falls into the same arm, each equally likely."""
    return arms[_hash(case_key, split) % len(arms)]


def assign_splits(questionnaire: Questionnaire, case_key: str) -> dict[str, str]:
    """Assign every split of a questionnaire to one case, with the drawn option order of randomised questions.

    The result is recorded with the interview and sent to the browser: {split: arm, "order:q": "3 1 2"}.
    """
    splits = {name: arm_of(case_key, name, arms) for name, arms in questionnaire.splits.items()}
    for question in questionnaire.questions:
        if question.randomize and question.type in SELECTS:
            names = dict.fromkeys(option.name for option in questionnaire.lists[question.list])
            drawn = sorted(names, key=lambda name: _hash(case_key, f"{ORDER}{question.name}:{name}"))
            splits[ORDER + question.name] = " ".join(drawn)
    return splits


def _hash(case_key: str, split: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{case_key}{SEPARATOR}{split}".encode()).digest()[:8])
