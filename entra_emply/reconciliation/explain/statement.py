"""What is said of one rule and one person: its conditions looked at, in the words of the catalogue."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Rows
from entra_emply.reconciliation.clause import NUMBERED, ROW, as_told, clause_of
from entra_emply.reconciliation.rule import Condition, Looked, Rule, failed, looked_at
from entra_emply.reconciliation.subjects import Subjects
from entra_emply.reconciliation.words import CONDITIONS, RULES, phrase
from entra_emply.reconciliation.words.phrase import RuleWords, listed

__all__ = ["Statement", "decided", "first_of", "listed", "might_have", "no_part", "statement"]

S = TypeVar("S", bound=Subjects)
T = TypeVar("T", bound=Subjects)

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
    words, told = RULES[rule.name], as_told(dict(_compared(looked)))
    found = failed(looked)
    if found is None:
        acts = phrase(words.acts, told | dict(rule.told(subjects, row)))
        return Statement(rule.name, "decided", because(acts, _reasons(looked, words)), looked)
    why = clause_of(found)
    if found.name in words.otherwise:
        return Statement(rule.name, "decided", because(phrase(words.otherwise[found.name], told), [why]), looked)
    verdict: Verdict = "not" if found.name in {each.name for each in rule.about} else "might_have"
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


def reasons(rule: Rule[S], subjects: S, row: int) -> list[str]:
    """Why the rule acts on a row, as clauses; none where it does not."""
    looked = tuple(rule.look(subjects, row))
    return [] if failed(looked) else [_filled(each, [""], str) for each in _reasons(looked, RULES[rule.name])]


def failing(looked: Iterable[Looked]) -> str | None:
    """The clause of the first condition that fails; None where none does."""
    failed = next((each for each in looked if each.holds is False), None)
    return None if failed is None else phrase(CONDITIONS[failed.name].fails, failed.compared)


def first_failed(conditions: Sequence[Condition[S]], subjects: S, row: int) -> str | None:
    """The clause of the first of these conditions that fails for one row."""
    return failing(looked_at(conditions, subjects, row))


# --- rules about other rows than people -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Owner(Generic[T]):
    """Whose rows they are: the row of the person among the subjects that the rule asks about owners; None: nobody's."""

    subjects: T
    row: int | None


def statement_of_rows(
    rule: Rule[S],
    subjects: S,
    rows: Rows,
    named: Callable[[int], str] | str,
    owner: Owner[T],
    *,
    own_names: bool = True,
) -> Statement:
    """What the rule does for a person's rows, all of them, those of one outcome together.

    named: what a row is called; or what they are, one and several ("event/events"), where they are only counted.
    own_names: somebody wrote these names, and they stay as they are at the beginning of a sentence. A person who has no
    such row is told the first condition of the person's own that fails, or that there is none.
    """
    if not len(rows):
        return _of_none(rule, owner)
    words, about = RULES[rule.name], len(rule.about)
    told = [(count, tuple(rule.look(subjects, row)), row) for row, count in _outcomes(rule, subjects, rows, named)]
    acting: dict[str, list[int | str]] = {}
    others: dict[str, list[int | str]] = {}
    for count, looked, row in told:
        found = failed(looked)
        called = count if isinstance(named, str) else named(row)
        if found is None:
            acting.setdefault(_acts(rule, subjects, row, looked), []).append(called)
        elif found.name in words.otherwise:
            others.setdefault(because(phrase(words.otherwise[found.name], ROW), [clause_of(found)]), []).append(called)
        else:
            owners = next(each for each in rule.conditions if each.name == found.name).owners
            clause = words.does_not if owners else phrase(words.each, ROW)
            others.setdefault(because(clause, [clause_of(found)]), []).append(called)
    furthest = max(told, key=lambda each: sum(one.holds is True for one in each[1]))
    sentences = ["; ".join(_filled(text, called, named).rstrip(".") for text, called in acting.items()) + "."] * bool(
        acting
    )
    if not (acting and isinstance(named, str)):
        sentences += [_filled(text, called, named) for text, called in others.items()]
    names = [] if isinstance(named, str) or not own_names else [named(row) for _, _, row in told]
    sentence = " ".join(_begun(text, names) for text in sentences)
    chain = _naming(rule, furthest[1], None if isinstance(named, str) else named(furthest[2]))
    verdict: Verdict = "decided" if acting else "not" if _failed_place(furthest[1]) < about else "might_have"
    return Statement(rule.name, verdict, sentence, chain)


def together(rule: str, parts: Sequence[Statement]) -> Statement:
    """One statement about several kinds of rows: what its parts decide, or the furthest of them."""
    acting = [each for each in parts if each.verdict == "decided"]
    if acting:
        return Statement(rule, "decided", " ".join(each.sentence for each in acting), acting[0].conditions)
    most = max(parts, key=lambda each: sum(one.holds is True for one in each.conditions))
    return Statement(rule, most.verdict, most.sentence, most.conditions)


def _outcomes(rule: Rule[S], subjects: S, rows: Rows, named: Callable[[int], str] | str) -> Iterator[tuple[int, int]]:
    """Each row, once; of rows that are only counted one for each outcome, and how many have it."""
    if not isinstance(named, str):
        yield from ((int(row), 1) for row in rows)
        return
    alike = {"outcome": rule.failed_at(subjects)[rows], "row": rows}
    told = (*rule.how, *(part for condition in rule.conditions for part in condition.parts))
    alike |= {each.name: each.holds(subjects, rows) for each in told}
    for _, of in pd.DataFrame(alike).groupby([name for name in alike if name != "row"], sort=False):
        yield int(of["row"].iloc[0]), len(of)


def _acts(rule: Rule[S], subjects: S, row: int, looked: Sequence[Looked]) -> str:
    words, how = RULES[rule.name], rule.looked_how(subjects, row)
    told = as_told(dict(_compared(looked)))
    acts = told | dict(rule.told(subjects, row)) | ({"how": clause_of(how)} if how else {})
    return because(phrase(words.acts, acts), _reasons(looked, words))


def _reasons(looked: Sequence[Looked], words: RuleWords) -> list[str]:
    """What is told where a rule acts: of each condition its own values come first."""
    everything, named = dict(_compared(looked)), {each.name: each for each in looked}
    each = [named[name] for name in words.because]
    return [phrase(CONDITIONS[one.name].holds, as_told({**everything, **one.compared})) for one in each]


def _filled(text: str, called: Sequence[int | str], named: Callable[[int], str] | str) -> str:
    """The sentence with the names of its rows, or how many they are."""
    if isinstance(named, str):
        several = sum(int(each) for each in called)
        names = f"{several} {named.split('/')[several != 1]}"
    else:
        several, names = len(set(called)), listed([_repeated(name, count) for name, count in Counter(called).items()])
    for name, words in {"names": (names, names), **NUMBERED}.items():
        text = text.replace(str(ROW[name]), words[several != 1])
    return text


def _begun(sentence: str, names: Sequence[str]) -> str:
    """With a capital letter, unless one of the names begins it. "A calendar without a name" is no name."""
    given = tuple(name for name in names if not name.endswith(" without a name"))
    return sentence if sentence.startswith(given) else sentence[:1].upper() + sentence[1:]


def _repeated(name: int | str, count: int) -> str:
    return str(name) if count == 1 else f"{name} ({count} times)"


def _failed_place(looked: Sequence[Looked]) -> int:
    return next((place for place, each in enumerate(looked) if each.holds is False), len(looked))


def _naming(rule: Rule[S], looked: Sequence[Looked], name: str | None) -> tuple[Looked, ...]:
    """The conditions of a row; those that are not its owner's say which one it is."""
    own = {each.name for each in rule.conditions if each.owners is None}
    return tuple(
        Looked(each.name, each.holds, {**each.compared, "object": name})
        if name is not None and each.name in own and each.holds is not None
        else each
        for each in looked
    )


def _of_none(rule: Rule[S], owner: Owner[T]) -> Statement:
    """Of a person who has no row: the owner's conditions, until one fails; then that there is none."""
    if owner.row is None:
        return unasked(rule, "in_entra")
    looked: list[Looked] = []
    for condition in rule.conditions:
        if failed(looked):
            looked.append(Looked(condition.name, None, {}))
        elif condition.owners is None:
            looked.append(Looked(condition.name, False, {}))
        else:
            holds = condition.owners.holds(owner.subjects, np.array([owner.row], dtype=np.int64))
            looked.append(Looked(condition.name, bool(holds[0]), condition.owners.compared(owner.subjects, owner.row)))
    found, place = failed(looked), _failed_place(looked)
    why = [] if found is None else [clause_of(found)]
    verdict: Verdict = "not" if place < len(rule.about) else "might_have"
    return Statement(rule.name, verdict, because(RULES[rule.name].does_not, why), tuple(looked))


def because(clause: str, reasons: Sequence[str]) -> str:
    """A sentence of a main clause and what it follows from."""
    return f"{clause}, because {listed(list(reasons))}." if reasons else f"{clause}."


def unasked(rule: Rule[S], first: str) -> Statement:
    """Of a rule whose rows the person is none of: `first` is the condition that says so."""
    others = [each.name for each in rule.conditions if each.name != first]
    looked = (Looked(first, False, {}), *(Looked(name, None, {}) for name in others))
    return Statement(rule.name, "not", because(RULES[rule.name].does_not, [CONDITIONS[first].fails]), looked)


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
