"""What is said of one rule and one person: its conditions looked at, in the words of the catalogue."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from entra_emply.reconciliation.rule import Condition, Looked, Rule, Subjects, looked_at
from entra_emply.reconciliation.words import CONDITIONS, RULES, phrase
from entra_emply.reconciliation.words.phrase import listed

__all__ = ["Statement", "decided", "first_of", "listed", "might_have", "no_part", "statement"]

S = TypeVar("S", bound=Subjects)

Verdict = Literal["decided", "might_have", "not"]
"""`decided`: the rule settles something for this person now. `might_have`: it is about people like this one, and
something kept it from acting. `not`: it is about others."""


@dataclass(frozen=True)
class Statement:
    """One rule's part in what happens to one person, in a sentence, and the conditions that it comes from."""

    rule: str
    verdict: Verdict
    sentence: str
    conditions: tuple[Looked, ...] = ()


def statement(rule: Rule[S], subjects: S, row: int) -> Statement:
    """What the rule does for one row, or the first condition that keeps it from acting."""
    looked = tuple(rule.look(subjects, row))
    words, told = RULES[rule.name], dict(_compared(looked))
    failed = next((each for each in looked if each.holds is False), None)
    if failed is None:
        clauses = [CONDITIONS[name].holds for name in words.because]
        acts = phrase(words.acts, told | dict(rule.told(subjects, row)))
        return Statement(rule.name, "decided", because(acts, [phrase(clause, told) for clause in clauses]), looked)
    why = phrase(CONDITIONS[failed.name].fails, failed.compared)
    if failed.name in words.otherwise:
        return Statement(rule.name, "decided", because(phrase(words.otherwise[failed.name], told), [why]), looked)
    verdict: Verdict = "not" if failed.name in {each.name for each in rule.about} else "might_have"
    return Statement(rule.name, verdict, because(words.does_not, [why]), looked)


def statement_of_several(rule: Rule[S], subjects: S, rows: Iterable[int], none: Statement) -> Statement:
    """Of a rule that may act on several rows of one person: what it does to some of them, else what is said of the
    first; `none` where there is no row.
    """
    told = [statement(rule, subjects, row) for row in rows]
    acting = [each for each in told if each.verdict == "decided"]
    if not acting:
        return next(iter(told), none)
    return replace(acting[0], sentence=" ".join(each.sentence for each in acting))


def failing(looked: Iterable[Looked]) -> str | None:
    """The clause of the first condition that fails; None where none does."""
    failed = next((each for each in looked if each.holds is False), None)
    return None if failed is None else phrase(CONDITIONS[failed.name].fails, failed.compared)


def first_failed(conditions: Sequence[Condition[S]], subjects: S, row: int) -> str | None:
    """The clause of the first of these conditions that fails for one row."""
    return failing(looked_at(conditions, subjects, row))


def because(clause: str, reasons: Sequence[str]) -> str:
    """A sentence of a main clause and what it follows from."""
    return f"{clause}, because {listed(list(reasons))}." if reasons else f"{clause}."


def unasked(rule: Rule[S], failed: str) -> Statement:
    """Of a rule whose rows the person is none of: `failed` is the condition that says so."""
    names = [each.name for each in rule.conditions]
    looked = tuple(Looked(name, False if name == failed else None, {}) for name in names)
    return Statement(rule.name, "not", because(RULES[rule.name].does_not, [CONDITIONS[failed].fails]), looked)


def _compared(looked: Sequence[Looked]) -> Iterator[tuple[str, object]]:
    for each in looked:
        yield from each.compared.items()


def decided(rule: str, sentence: str) -> Statement:
    """The rule settles something now."""
    return Statement(rule, "decided", sentence)


def might_have(rule: str, sentence: str) -> Statement:
    """The rule could have acted, but did not."""
    return Statement(rule, "might_have", sentence)


def no_part(rule: str, sentence: str) -> Statement:
    """The rule is about others."""
    return Statement(rule, "not", sentence)


def first_of(*cases: tuple[object, str]) -> str | None:
    """The sentence of the first case that holds."""
    return next((sentence for holds, sentence in cases if holds), None)
