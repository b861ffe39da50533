"""What tests of the ledger begin with: people who are in step, and no pauses."""

import pytest

from entra_emply import provisioning
from entra_emply.ledger.ledger import Ledger
from tests.integration.conftest import Begin
from tests.integration.ledger.mailbox_systems import furnish, make_systems
from tests.integration.ledger.staff import make_staff
from tests.integration.ledger.systems import Systems


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provisioning, "_PAUSES", (0.0, 0.0))


@pytest.fixture
def staff(begin: Begin) -> Systems:
    """Four people, all linked and in step (see `staff.make_staff`)."""
    return begin(make_staff)


@pytest.fixture
def systems(begin: Begin) -> Systems:
    """People who are linked, with photos, calendars, events and employees (see `mailbox_systems.furnish`)."""
    return begin(_furnished)


def _furnished(ledger: Ledger) -> Systems:
    systems = make_systems(ledger)
    systems.sync()
    furnish(systems)
    return systems
