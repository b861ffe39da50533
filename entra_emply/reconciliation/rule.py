"""What a rule is made of: named conditions, looked at one after the other. The plan, the findings and every explanation
ask the same conditions, so that none of them can say something else than was decided.

A condition is a mask over rows; what the rows are (people, calendars, events, planned actions) is the business of the
rule's module. The words of a rule and of its conditions are in `words`, under their names.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from entra_emply.reconciliation.arrays import Mask, Rows, marked

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


class Subjects(Protocol):
    """What a rule is about, one row each."""

    @property
    def answers(self) -> dict[Any, Any]:
        """What was asked already, by who asked."""
        ...

    def __len__(self) -> int: ...


S = TypeVar("S", bound=Subjects)
T = TypeVar("T", bound=Subjects)


def nothing(_subjects: Any, _row: int) -> Values:  # noqa: ANN401 (of any kind of subjects)
    """Compares nothing that has a name."""
    return {}


@dataclass(frozen=True, eq=False)
class Condition(Generic[S]):
    """A question about some rows.

    holds: flags for the rows given, each independent of which other rows are given. compared: the values that are
    compared for one row.
    """

    name: str
    holds: Callable[[S, Rows], Mask]
    compared: Callable[[S, int], Values] = nothing

    def negated(self, name: str) -> "Condition[S]":
        """The opposite question, about the same values."""
        return Condition(name, lambda subjects, rows: ~self.holds(subjects, rows), self.compared)

    def on(self, part: Callable[[T], S]) -> "Condition[T]":
        """The same question about subjects that have these as a part, row by row."""
        return Condition(
            self.name,
            lambda subjects, rows: self.holds(part(subjects), rows),
            lambda subjects, row: self.compared(part(subjects), row),
        )


@dataclass(frozen=True)
class Looked:
    """A condition looked at for one row; `holds` is None where an earlier one failed."""

    name: str
    holds: bool | None
    compared: Values


@dataclass(frozen=True, eq=False)
class Rule(Generic[S]):
    """A rule acts on the rows for which every condition holds.

    about: whom the rule is about at all. when: what has to hold for them. otherwise: findings, by the condition that
    raises them where it is the first to fail. told: values for the rule's own words.
    """

    name: str
    about: tuple[Condition[S], ...]
    when: tuple[Condition[S], ...]
    otherwise: Mapping[str, str] = field(default_factory=dict)
    told: Callable[[S, int], Values] = nothing

    @property
    def conditions(self) -> tuple[Condition[S], ...]:
        """All of them, in the order in which they are looked at."""
        return self.about + self.when

    def acts(self, subjects: S) -> Mask:
        """The rows for which every condition holds."""
        return self._failed_at(subjects) == len(self.conditions)

    def fails_at(self, subjects: S, condition: str) -> Mask:
        """The rows for which this condition fails, and every one before it holds."""
        return self._failed_at(subjects) == [each.name for each in self.conditions].index(condition)

    def reaches(self, subjects: S, condition: str) -> Mask:
        """The rows for which every condition before this one holds."""
        return self._failed_at(subjects) >= [each.name for each in self.conditions].index(condition)

    def look(self, subjects: S, row: int) -> Iterator[Looked]:
        """Every condition for one row, in order."""
        return looked_at(self.conditions, subjects, row)

    def _failed_at(self, subjects: S) -> npt.NDArray[np.int8]:
        """For each row the place of the first condition that fails, their number where none does."""
        if self not in subjects.answers:
            subjects.answers[self] = self._ask(subjects)
        known: npt.NDArray[np.int8] = subjects.answers[self]
        return known

    def _ask(self, subjects: S) -> npt.NDArray[np.int8]:
        failed = np.full(len(subjects), len(self.conditions), dtype=np.int8)
        rows = np.arange(len(subjects))
        for place, condition in enumerate(self.conditions):
            if not len(rows):
                break
            holds = condition.holds(subjects, rows)
            failed[rows[~holds]] = place
            rows = rows[holds]
        failed.flags.writeable = False
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
