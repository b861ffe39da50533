"""What commands of an installation begin with: its environment, its ledger. Not here: what they do with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.commands.progress import progress

if TYPE_CHECKING:
    from entra_emply.environment import Environment
    from entra_emply.ledger.ledger import Ledger


def environment() -> "Environment":
    """The environment of this process."""
    from entra_emply.environment import Environment  # noqa: PLC0415

    return Environment.load()


@contextmanager
def ledger() -> Iterator["Ledger"]:
    """The ledger of this installation. Raises SettingsError where no run has made one yet."""
    from entra_emply.ledger.installed import existing_ledger  # noqa: PLC0415

    with progress("Asking the ledger"), existing_ledger(environment()) as found:
        yield found
