"""Sessions, forms, tokens and limits, without a server."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from starlette.requests import Request
from starlette.responses import Response

from entra_emply.console.security import forms as forms_module
from entra_emply.console.security import limits as limits_module
from entra_emply.console.security.forms import Forms
from entra_emply.console.security.limits import Limit
from entra_emply.console.security.one_time_token import OneTimeToken
from entra_emply.console.security.sessions import Session, Sessions

SECRET = "a secret of more than thirty-two letters"
ADA, EVE = Session("1", "Ada", approver=True), Session("2", "Eve", approver=False)


class Clock:
    """A monotonic clock that a test moves."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Iterator[Clock]:
    moved = Clock()
    with patch.object(limits_module, "time", moved), patch.object(forms_module, "time", moved):
        yield moved


def request(cookie: str) -> Request:
    """A request with this cookie header."""
    return Request({"type": "http", "headers": [(b"cookie", cookie.encode())]})


def cookie_of(response: Response) -> str:
    return response.headers["set-cookie"].partition(";")[0]


def test_a_session_is_read_from_its_cookie_with_its_name_in_any_script() -> None:
    sessions, answer = Sessions(SECRET, secure=False, path=""), Response()
    begun = sessions.begin(answer, "Çağla Żółć", approver=False)
    assert sessions.of(request(cookie_of(answer))) == begun
    assert begun.name == "Çağla Żółć"


def test_a_session_of_another_secret_is_none() -> None:
    answer = Response()
    Sessions("another secret of thirty-two letters", secure=False, path="").begin(answer, "Eve", approver=True)
    assert Sessions(SECRET, secure=False, path="").of(request(cookie_of(answer))) is None


def test_a_session_ends_after_a_working_day() -> None:
    sessions, answer = Sessions(SECRET, secure=False, path=""), Response()
    with patch("itsdangerous.timed.time.time", return_value=1_000_000.0):
        sessions.begin(answer, "Ada", approver=True)
    with patch("itsdangerous.timed.time.time", return_value=1_000_000.0 + 8 * 3600 - 5):
        assert sessions.of(request(cookie_of(answer))) is not None
    with patch("itsdangerous.timed.time.time", return_value=1_000_000.0 + 8 * 3600 + 5):
        assert sessions.of(request(cookie_of(answer))) is None


def test_an_ended_session_is_none_although_its_cookie_is_good() -> None:
    sessions, answer = Sessions(SECRET, secure=True, path="/x"), Response()
    session = sessions.begin(answer, "Ada", approver=True)
    sessions.end(session, Response())
    assert sessions.of(request(cookie_of(answer))) is None


def test_a_form_is_of_one_session() -> None:
    forms = Forms(SECRET)
    assert forms.is_of(ADA, forms.token(ADA))
    assert not forms.is_of(EVE, forms.token(ADA))
    assert not forms.is_of(ADA, "ø")


def test_a_form_is_taken_once_and_from_its_own_session() -> None:
    forms = Forms(SECRET)
    once = forms.once(ADA)
    assert not forms.use(EVE, forms.once(ADA))
    assert [forms.use(ADA, once) for _ in range(2)] == [True, False]
    assert not forms.use(ADA, "made up")


def test_what_was_used_is_remembered_as_long_as_it_would_be_good(clock: Clock) -> None:
    forms = Forms(SECRET)
    once = forms.once(ADA)
    assert forms.use(ADA, once)
    clock.now += 3599
    assert not forms.use(ADA, once)
    clock.now += 3601
    forms.use(ADA, forms.once(ADA))
    assert len(forms._used) == 1


def test_a_token_is_good_once_and_another_is_told() -> None:
    told: list[str] = []
    token = OneTimeToken(told.append)
    assert not token.use("wrong")
    assert not token.use("ø" * 43)
    assert [token.use(told[0]), token.use(told[0]), token.use(told[1])] == [True, False, True]
    assert len(set(told)) == 3


def test_a_limit_counts_each_key_by_itself_and_forgets_with_time(clock: Clock) -> None:
    limit = Limit(2, 60)
    assert [limit.allows("ada") for _ in range(3)] == [True, True, False]
    assert limit.allows("eve")
    clock.now += 60
    assert limit.allows("ada")


def test_a_limit_keeps_no_more_keys_than_it_needs(clock: Clock) -> None:
    del clock
    limit = Limit(1, 60)
    for number in range(10_050):
        limit.allows(str(number))
    assert len(limit._done) == 10_000
