"""P5, C7, G5b: what could not be read, of one person or a source altogether."""

from collections import Counter
from collections.abc import Iterable

from tests.reference.guards import limit
from tests.reference.terms import Inputs, Person, Row, get

NOT_FOR_GOOD = {401, 408, 429}


def status_of(code: str) -> int | None:
    """A code is status and code; a name alone counts as no status."""
    first = code.split(maxsplit=1)[0] if code.split() else ""
    return int(first) if first.isascii() and first.isdecimal() else None


def concerns_one_person_for_good(code: str) -> bool:
    """G5b: such an answer says nothing of the source."""
    status = status_of(code)
    return status is not None and 400 <= status <= 499 and status not in NOT_FOR_GOOD


def most_frequent_where_too_many(inputs: Inputs, kind: str, considered: Iterable[Person]) -> str | None:
    """G5b: the code of the source where more people than `max_unreadable` are unreadable; of equals the least."""
    people = {person.entra_id for person in considered}
    codes = [code for entra_id in people if (code := inputs.not_read_of(kind, entra_id)) is not None]
    counted = Counter(code for code in codes if not concerns_one_person_for_good(code))
    inputs.trace["G5b for good"] += len(codes) > counted.total()
    if counted.total() <= limit(inputs, "max_unreadable", 5, 10, len(people)):
        return None
    return min(counted, key=lambda code: (-counted[code], code))


def source_unreadable(inputs: Inputs, source: str, code: str) -> Row:
    inputs.trace[f"G5b {source}"] += 1
    nobody = dict.fromkeys(("entra_id", "emply_user_id", "employee_id"))
    return {"code": "source_unreadable", "rule": "G5b", **nobody, "subject": source, "object": code}


def is_refused(inputs: Inputs, source: str) -> bool:
    """The key may not read it."""
    return status_of(get(get(inputs.unreadable, "sources", {}), source, "")) in {401, 403}
