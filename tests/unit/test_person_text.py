"""A person explained on a terminal."""

import io

from rich.console import Console

from entra_emply import clock
from entra_emply.person.text import show_explanation
from tests.explaining import explained
from tests.reference.builders import login, person, scenario

NO_PHOTO = scenario(
    [person()],
    [login()],
    linked=["megan"],
    entra={"photos": {"entra-megan": {"mediaEtag": '"1"'}}},
    unreadable={"photos": {"entra-megan": "503 ErrorMailboxMoveInProgress"}},
    profile_pictures=True,
)


def test_what_needs_attention_says_what_the_service_answered() -> None:
    megan, file = {**explained(NO_PHOTO), "history": []}, io.StringIO()
    read = {"source": "stored", "read_at": clock.now(), "settings_changed": False}
    document = {"people": [megan], "sentence": None, "history": [], **read}
    show_explanation(document, Console(file=file, width=200))
    assert "  warning: photo_unreadable (503 ErrorMailboxMoveInProgress), The user's picture" in file.getvalue()
