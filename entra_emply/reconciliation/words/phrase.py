"""What the catalogue is written in: clauses with named values, and how values are put into them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from entra_emply.errors import NO_ANSWER
from entra_emply.reconciliation.rule import Part
from entra_emply.reconciliation.words.parts import PARTS


@dataclass(frozen=True)
class ConditionWords:
    """The clauses of a condition: `holds` and `fails` follow a "because", in lower case and without a full stop.

    They name what the condition compares: "{email}" is the value, "{email:no e-mail}" is it too, or "no e-mail" where
    there is none.
    """

    holds: str
    fails: str


@dataclass(frozen=True)
class RuleWords:
    """The sentences of a rule, without a full stop: what it does, and what it does not do.

    Of a rule about other rows than people: `acts` and `each` (what it does not do for some of them) name the rows
    {names}, with {are} and {them} as many as they are; {how} is how it acts.

    because: the conditions that are told when the rule acts, in this order. otherwise: what it does instead where the
    named condition is the first to fail.
    """

    acts: str
    does_not: str
    each: str = ""
    because: tuple[str, ...] = ()
    otherwise: Mapping[str, str] = field(default_factory=dict)


def phrase(words: str, values: Mapping[str, Any]) -> str:
    """`words` with these values. Lists read "Employee, HR and Manager".

    Raises ValueError for a value that is missing, or that there is none of where the words have none for that.
    """
    return _Words().vformat(words, (), values)


def listed(words: "list[str] | tuple[str, ...]", none: str = "none") -> str:
    """Words as a sentence lists them: "Employee, HR and Manager". Semicolons part clauses that have an "and"."""
    if len(words) < 2:  # noqa: PLR2004
        return "".join(words) or none
    if any(" and " in word for word in words):
        return "; ".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


class _Words(Formatter):
    """Formats values for people; what follows the colon is said where there is no value."""

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 (as str.format has it)
        text = listed([_text(each) for each in value], "") if isinstance(value, list | tuple) else _text(value)
        if text.strip():
            return text
        if not format_spec:
            raise ValueError("there is no value, and the words have none for that")
        return format_spec

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401, ARG002
        if key not in kwargs:
            raise ValueError(f"nothing compares {key!r}")
        value = kwargs[str(key)]
        return None if value == NO_ANSWER else value


def _text(value: Any) -> str:  # noqa: ANN401 (what is compared)
    if isinstance(value, Part):
        return phrase(PARTS[value.name], value.values)
    return "" if value is None else str(value)
