"""Everybody can be explained whose properties are missing or blank: all but ids may be (interfaces.md)."""

import random
import re
from collections.abc import Iterator

import pytest

from entra_emply.errors import SettingsError
from tests.explaining import explanations
from tests.reference.random_scenarios import random_scenario
from tests.reference.subject import Row
from tests.reference.vectorised import inputs_of

SHARE = range(8)
CAMPAIGN = range(1_000, 1_400)
NEEDED = {"id", "members", "calendarId", "userId", "origin", "events", "kind", "status", "start", "end", "roleIds"}
BLANK = [None, "", " ", "\u200b"]


def blanked(rows: list[Row], rng: random.Random) -> None:
    """Takes away one text in eight, or blanks it."""
    for row in rows:
        for name, value in list(row.items()):
            if name not in NEEDED and isinstance(value, str) and rng.random() < 1 / 8:
                row[name] = rng.choice(BLANK)


def sentences(told: object) -> Iterator[str]:
    """All sentences and answers of an explanation."""
    if isinstance(told, dict):
        yield from (told[name] for name in ("sentence", "answer") if isinstance(told.get(name), str))
        told = list(told.values())
    if isinstance(told, list | tuple):
        for each in told:
            yield from sentences(each)


def explain_everybody(seed: int) -> None:
    rng = random.Random(seed)
    made = random_scenario(rng)
    scenario, settings, *_ = made
    entra, emply = scenario["entra"], scenario["emply"]
    for side, names in ((entra, ("users", "deletedUsers")), (emply, ("users", "employees", "calendars", "events"))):
        for name in names:
            blanked(side.get(name, []), rng)
    for calendars in entra.get("calendars", {}).values():
        blanked(calendars, rng)
        for calendar in calendars:
            blanked(calendar.get("events", []), rng)
    for rows in (entra.get("groups", []), emply.get("roles", []), emply.get("departments", [])):
        blanked([row for row in rows if row.get("displayName", row.get("title")) not in str(settings)], rng)
    try:
        for document in explanations(inputs_of(*made)):
            for sentence in sentences(document):
                assert not re.search(r"\bNone\b|\bnan\b|[{}\x00]", sentence), sentence
    except SettingsError:
        pytest.skip("the settings of this scenario are wrong")


@pytest.mark.parametrize("seed", SHARE)
def test_nothing_of_a_person_has_to_be_there_for_an_explanation(seed: int) -> None:
    explain_everybody(seed)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", CAMPAIGN)
def test_nothing_of_a_person_has_to_be_there_for_hundreds_of_explanations(seed: int) -> None:
    explain_everybody(seed)
