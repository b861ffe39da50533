"""What the console calls things."""

import pytest

from entra_emply.console.queries.kept import Kept
from entra_emply.console.rendering import render
from entra_emply.console.words import kind_title, what_to_do
from entra_emply.reconciliation.kinds import ORDER


@pytest.mark.parametrize("kind", ORDER)
def test_every_kind_of_action_has_a_title_and_an_effect(kind: str) -> None:
    title = kind_title(kind)
    assert title.text[0].isupper()
    assert "." not in title.text, "KINDS in words/actions.py has no title for it"
    assert title.effect in ("add", "change", "take")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("invalid", "does not accept a value"),
        ("http_503", "tried again by itself"),
        ("no_answer", "tried again by itself"),
        ("Authorization_RequestDenied", "a permission is missing"),
        ("403", "the service protects this one"),
        ("Request_ResourceNotFound", "is gone"),
        ("duplicate_username", "has the same name or address"),
        ("something_else", "Look the code up"),
        (None, "Look the code up"),
    ],
)
def test_a_refusal_says_what_to_do(code: str | None, said: str) -> None:
    assert said in what_to_do(code)


def test_what_is_kept_is_bounded_and_made_once() -> None:
    made: list[int] = []

    def make(key: int) -> int:
        made.append(key)
        return key

    kept = Kept(make, 2)
    assert [kept(key) for key in (1, 1, 2, 3, 1)] == [1, 1, 2, 3, 1]
    assert made == [1, 2, 3, 1]
    assert len(kept._values) == 2


def test_what_failed_is_not_kept() -> None:
    kept: Kept[int, float] = Kept(lambda key: 1 / key, 2)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            kept(0)


def test_every_value_is_escaped() -> None:
    shared = {"root": "", "path": "/", "session": None, "form_token": "", "once": None, "team": False}
    page = render("refused.html.jinja", title="<b>", text="<script>&\"'", **shared)
    assert "&lt;b&gt;" in page
    assert "<bdi>&lt;script&gt;&amp;&#34;&#39;</bdi>" in page
