"""What may happen to a write instead: it is refused, the service is down, its answer is lost.

A test puts them into a system's `faults`, and the next writes meet one each. Not here: when a system refuses a write of
its own accord (`graph`, `emply`), and reads that fail (`system`).
"""

from collections.abc import Callable

from entra_emply.errors import CredentialsError, TargetRefused

Fault = Callable[[Callable[[], object]], object]
"""What happens to a write instead: it is given the write, and may or may not do it."""


def refusal(status: int, code: str) -> TargetRefused:
    """A definite no, with this status."""
    return TargetRefused(code, status=status, code=code, transient=False, uncertain=False)


def refused(_make: Callable[[], object]) -> None:
    """A definite no."""
    raise refusal(422, "invalid")


def unavailable(_make: Callable[[], object]) -> None:
    """The service is down, and surely did nothing."""
    raise TargetRefused("down", status=503, code="http_503", transient=True, uncertain=False)


def lost_before(_make: Callable[[], object]) -> None:
    """No answer, and nothing was done."""
    raise TargetRefused("no answer", status=None, code="connection", transient=True, uncertain=True)


def lost_after(make: Callable[[], object]) -> None:
    """No answer, but it was done."""
    make()
    lost_before(make)


def lost_after_and(then: Callable[[], None]) -> Fault:
    """No answer, but it was done; then something else happens."""

    def fault(make: Callable[[], object]) -> None:
        make()
        then()
        lost_before(make)

    return fault


def comes_late() -> list[Fault | None]:
    """Two tries: of the first the answer is lost and nothing is to be seen, until it is done just before the second."""
    late: list[Callable[[], object]] = []

    def lost(make: Callable[[], object]) -> None:
        late.append(make)
        lost_before(make)

    def overtaken(make: Callable[[], object]) -> object:
        late[0]()
        return make()

    return [lost, overtaken]


def no_access(_make: Callable[[], object]) -> None:
    """The key lacks the right to write."""
    raise CredentialsError("Emply refuses the key")


def forbidden(_make: Callable[[], object]) -> None:
    """The key may not make this write."""
    raise CredentialsError("Emply refuses create_user", code="403 forbidden")


def unauthorized(_make: Callable[[], object]) -> None:
    """The key is not taken for this write."""
    raise CredentialsError("Emply refuses the key", code="401 unauthorized")
