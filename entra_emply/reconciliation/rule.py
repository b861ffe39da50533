"""What a rule is made of: named conditions, looked at one after the other. The plan, the findings and every explanation
ask the same conditions, so that none of them can say something else than was decided.

A condition is a mask over rows; what the rows are (people, calendars, events, planned actions) is the business of the
rule's module. The words of a rule and of its conditions are in `words`, under their names.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, marked
from entra_emply.reconciliation.subjects import Subjects, once

Values = Mapping[str, Any]
"""What was compared, by name: texts, numbers, parts, lists of these, None. Names where there are names, ids elsewhere.
"""


@dataclass(frozen=True)
class Part:
    """One of several things that a rule looks at for one row: a group (R4), a field (A1, A2, W2). Its words are in
    `words.parts`, under its name.
    """

    name: str
    values: Values = field(default_factory=dict)


S = TypeVar("S", bound=Subjects)
T = TypeVar("T", bound=Subjects)


def nothing(_subjects: Any, _row: int) -> Values:  # noqa: ANN401 (of any kind of subjects)
    """Compares nothing that has a name."""
    return {}


def columns(*names: str) -> Callable[[Any, int], Values]:
    """Compares what a row has in these columns of the subjects' frame."""

    def compared(subjects: Any, row: int) -> Values:  # noqa: ANN401 (of any kind of subjects)
        values = (subjects.frame[name].iloc[row] for name in names)
        return {
            name: None if pd.isna(value) else getattr(value, "item", lambda value=value: value)()
            for name, value in zip(names, values, strict=True)
        }

    return compared


@dataclass(frozen=True, eq=False)
class Condition(Generic[S]):
    """A question about some rows.

    holds: flags for the rows given, each independent of which other rows are given. compared: the values that are
    compared for one row. owners: where it is about the owners of the rows, the condition of the owners (`of`).
    parts: the conditions that it is made of, or that it names where it says why.
    """

    name: str
    holds: Callable[[S, Rows], Mask]
    compared: Callable[[S, int], Values] = nothing
    owners: "Condition[Any] | None" = None
    parts: "tuple[Condition[Any], ...]" = ()

    def negated(self, name: str) -> "Condition[S]":
        """The opposite question, about the same values."""
        owners = None if self.owners is None else self.owners.negated(name)
        return Condition(name, lambda subjects, rows: ~self.holds(subjects, rows), self.compared, owners, self.parts)

    def on(self, part: Callable[[T], S]) -> "Condition[T]":
        """The same question about subjects that have these as a part, row by row."""
        return Condition(
            self.name,
            lambda subjects, rows: self.holds(part(subjects), rows),
            lambda subjects, row: self.compared(part(subjects), row),
            parts=self.parts,
        )

    def of(self, owners: Callable[[T], S], whose: Callable[[T], Rows]) -> "Condition[T]":
        """The same question about the owners of rows; `whose` has the owner's row for each, -1 for none.

        It does not hold for a row that is nobody's.
        """

        def holds(subjects: T, rows: Rows) -> Mask:
            theirs = whose(subjects)[rows]
            mask = np.zeros(len(rows), dtype=bool)
            mask[theirs >= 0] = self.holds(owners(subjects), theirs[theirs >= 0])
            return mask

        def compared(subjects: T, row: int) -> Values:
            owner = int(whose(subjects)[row])
            return self.compared(owners(subjects), owner) if owner >= 0 else {}

        return Condition(self.name, holds, compared, self, self.parts)


@dataclass(frozen=True)
class Looked:
    """A condition looked at for one row; `holds` is None where an earlier one failed."""

    name: str
    holds: bool | None
    compared: Values


def any_of(name: str, *conditions: Condition[S]) -> Condition[S]:
    """One of these holds. What is compared is `why`: the first that holds; where none does, the first of all."""

    def holds(subjects: S, rows: Rows) -> Mask:
        return np.logical_or.reduce([each.holds(subjects, rows) for each in conditions])

    def why(subjects: S, row: int) -> Values:
        this = np.array([row], dtype=np.int64)
        held = next((each for each in conditions if each.holds(subjects, this)[0]), None)
        told = held or conditions[0]
        return {"why": Looked(told.name, held is not None, told.compared(subjects, row))}

    return Condition(name, holds, why, parts=conditions)


def one_or_more_of(name: str, *conditions: Condition[S]) -> Condition[S]:
    """As `any_of`, but what is compared as `why` are all that hold; where none does, the first of all."""
    one = any_of(name, *conditions)

    def why(subjects: S, row: int) -> Values:
        this = np.array([row], dtype=np.int64)
        held = [each for each in conditions if each.holds(subjects, this)[0]]
        told = [Looked(each.name, bool(held), each.compared(subjects, row)) for each in held or conditions[:1]]
        return {"why": told}

    return Condition(name, one.holds, why, parts=conditions)


def any_row(name: str) -> Condition[Any]:
    """Holds for every row: what fails for a person who has none."""
    return Condition(name, lambda _, rows: np.ones(len(rows), dtype=bool))


def every(*conditions: Condition[Any]) -> Iterator[Condition[Any]]:
    """These, and what they are made of."""
    for each in conditions:
        yield each
        yield from every(*each.parts)


def failed(looked: Iterable[Looked]) -> Looked | None:
    """The first condition that failed."""
    return next((each for each in looked if each.holds is False), None)


@dataclass(frozen=True, eq=False)
class Rule(Generic[S]):
    """A rule acts on the rows for which every condition holds.

    about: whom the rule is about at all. when: what has to hold for them. otherwise: findings, by the condition that
    raises them where it is the first to fail. told: values for the rule's own words. how: where the rule acts in
    several ways, the conditions that tell them apart: the first that holds says how, or else the last one.
    """

    name: str
    about: tuple[Condition[S], ...]
    when: tuple[Condition[S], ...]
    otherwise: Mapping[str, str] = field(default_factory=dict)
    told: Callable[[S, int], Values] = nothing
    how: tuple[Condition[S], ...] = ()

    @property
    def conditions(self) -> tuple[Condition[S], ...]:
        """All of them, in the order in which they are looked at."""
        return self.about + self.when

    def acts(self, subjects: S) -> Mask:
        """The rows for which every condition holds."""
        return self.failed_at(subjects) == len(self.conditions)

    def fails_at(self, subjects: S, condition: str) -> Mask:
        """The rows for which this condition fails, and every one before it holds."""
        return self.failed_at(subjects) == [each.name for each in self.conditions].index(condition)

    def reaches(self, subjects: S, condition: str) -> Mask:
        """The rows for which every condition before this one holds."""
        return self.failed_at(subjects) >= [each.name for each in self.conditions].index(condition)

    def look(self, subjects: S, row: int) -> Iterator[Looked]:
        """Every condition for one row, in order."""
        return looked_at(self.conditions, subjects, row)

    def looked_how(self, subjects: S, row: int) -> Looked | None:
        """How the rule acts on a row."""
        looked = [
            Looked(
                each.name, bool(each.holds(subjects, np.array([row], dtype=np.int64))[0]), each.compared(subjects, row)
            )
            for each in self.how
        ]
        return next((each for each in looked if each.holds), looked[-1] if looked else None)

    def failed_at(self, subjects: S) -> npt.NDArray[np.int8]:
        """For each row the place of the first condition that fails, their number where none does."""
        return _failed_at(subjects, self)


@once
def _failed_at(subjects: S, rule: Rule[S]) -> npt.NDArray[np.int8]:
    failed = np.full(len(subjects), len(rule.conditions), dtype=np.int8)
    rows = np.arange(len(subjects))
    for place, condition in enumerate(rule.conditions):
        if not len(rows):
            break
        holds = condition.holds(subjects, rows)
        if not holds.all():
            failed[rows[~holds]] = place
            rows = rows[holds]
    return failed


def all_hold(conditions: Iterable[Condition[S]], subjects: S) -> Mask:
    """The rows for which every one of these conditions holds: for what is computed before a rule is asked."""
    rows = np.arange(len(subjects))
    for condition in conditions:
        if not len(rows):
            break
        rows = rows[condition.holds(subjects, rows)]
    return marked(rows, len(subjects))


def looked_at(conditions: Iterable[Condition[S]], subjects: S, row: int) -> Iterator[Looked]:
    """Every one of these conditions for one row, in order."""
    passed = True
    for condition in conditions:
        if not passed:
            yield Looked(condition.name, None, {})
            continue
        passed = bool(condition.holds(subjects, np.array([row], dtype=np.int64))[0])
        yield Looked(condition.name, passed, condition.compared(subjects, row))
