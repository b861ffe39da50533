"""Text for people: wrapped on a terminal, one line a sentence elsewhere, and a command in one piece everywhere."""

import io

import pytest
from rich.console import Console

from entra_emply.printing import counted, line

SENTENCE = "The login is deactivated in Emply and is found there under deactivated users."
COMMAND = 'To approve it: entra-emply approve 3f9c12ab45de --person "megan@contoso.com" --by NAME'


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 people"), (1, "1 person"), (2, "2 people"), (12_000, "12,000 people")]
)
def test_one_is_told_from_several(number: int, said: str) -> None:
    assert counted(number, "person", "people") == said


def printed(text: str, *, terminal: bool) -> list[str]:
    """The lines of a sentence that is printed four columns in, forty wide."""
    file = io.StringIO()
    line(Console(file=file, width=40, force_terminal=terminal, color_system=None), text, 4)
    return file.getvalue().splitlines()


def test_on_a_terminal_a_sentence_goes_on_under_its_indent() -> None:
    first, *others = printed(SENTENCE, terminal=True)
    assert first.startswith("    The")
    assert all(each.startswith("      ") and len(each) <= 40 for each in others)
    assert " ".join(each.strip() for each in (first, *others)) == SENTENCE


def test_in_a_file_a_sentence_is_one_line() -> None:
    assert printed(SENTENCE, terminal=False) == [f"    {SENTENCE}"]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_command_is_in_one_piece_to_be_copied(*, terminal: bool) -> None:
    assert "\n".join(printed(COMMAND, terminal=terminal)).strip() == COMMAND


def test_names_are_not_taken_for_colours() -> None:
    assert printed("[red]Eve[/red]", terminal=True) == ["    [red]Eve[/red]"]
