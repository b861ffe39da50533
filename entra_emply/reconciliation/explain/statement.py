"""What is said of one rule and one person."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["decided", "might_have", "not"]
"""`decided`: the rule settles something for this person now. `might_have`: it is about people like this one, and
something kept it from acting. `not`: it is about others."""


@dataclass(frozen=True)
class Statement:
    """One rule's part in what happens to one person, in a sentence."""

    rule: str
    verdict: Verdict
    sentence: str


def decided(rule: str, sentence: str) -> Statement:
    """The rule settles something now."""
    return Statement(rule, "decided", sentence)


def might_have(rule: str, sentence: str) -> Statement:
    """The rule could have acted, but did not."""
    return Statement(rule, "might_have", sentence)


def no_part(rule: str, sentence: str) -> Statement:
    """The rule is about others."""
    return Statement(rule, "not", sentence)


def listed(words: "list[str] | tuple[str, ...]", none: str = "none") -> str:
    """Words as a sentence lists them: "Employee, HR and Manager"."""
    if len(words) < 2:  # noqa: PLR2004
        return "".join(words) or none
    return f"{', '.join(words[:-1])} and {words[-1]}"


def first_of(*cases: tuple[object, str]) -> str | None:
    """The sentence of the first case that holds."""
    return next((sentence for holds, sentence in cases if holds), None)
