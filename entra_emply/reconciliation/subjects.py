"""What rules are asked about, a row each, and the memory of what was asked of it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, TypeVarTuple

import numpy as np


@dataclass(frozen=True, eq=False)
class Subjects(ABC):
    """What a rule is about, one row each.

    answers: what was asked already, by who asked (see `once`).
    """

    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @abstractmethod
    def __len__(self) -> int:
        """How many rows."""


AskedOf = TypeVar("AskedOf", bound=Subjects)
Further = TypeVarTuple("Further")
Answer = TypeVar("Answer")


def once(ask: Callable[[AskedOf, *Further], Answer]) -> Callable[[AskedOf, *Further], Answer]:
    """`ask`, which is asked again and again, answered once for the same subjects and the same further arguments. Nobody
    may write into an answer."""

    @wraps(ask)
    def answer(subjects: AskedOf, *further: *Further) -> Answer:
        asked = (ask, *further)
        if asked not in subjects.answers:
            answer = ask(subjects, *further)
            if isinstance(answer, np.ndarray):
                answer.flags.writeable = False
            subjects.answers[asked] = answer
        known: Answer = subjects.answers[asked]
        return known

    return answer
