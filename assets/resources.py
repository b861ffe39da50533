"""What assets reach other systems through: the clients, the ledger, the frames, the settings.

Addresses and secrets come from the environment when one of them is first used, never at import, so that no page of the
UI shows them. Clients and ledger are then kept for the run; the settings are read again whenever they are asked for.
"""

from dataclasses import replace
from functools import cached_property

from dagster import ConfigurableResource, InitResourceContext
from pydantic import PrivateAttr

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.environment import Environment
from entra_emply.errors import SettingsError
from entra_emply.extraction.bases import Bases
from entra_emply.extraction.settings_in_force import load_in_force
from entra_emply.extraction.side_by_side import SideBySide
from entra_emply.extraction.sources import Systems
from entra_emply.ledger import certificates, migrate
from entra_emply.ledger.ledger import Ledger
from entra_emply.reconciliation.settings import Settings
from entra_emply.storage.frame_store import FrameStore


class _Opened:
    """The connections of one run, and what is being read by them."""

    def __init__(self) -> None:
        self.reads = SideBySide()

    @cached_property
    def environment(self) -> Environment:
        return Environment.load()

    @cached_property
    def graph(self) -> GraphClient:
        return GraphClient(self.environment)

    @cached_property
    def emply(self) -> EmplyClient:
        return EmplyClient(self.environment)

    @cached_property
    def ledger(self) -> Ledger:
        if self.environment.database_url is None:
            raise SettingsError("DATABASE_URL is not set: entra-emply sets it for the database that it starts itself")
        ledger = Ledger.open(self.environment.database_url)
        ledger.write(migrate.migrate)
        return ledger


class Connections(ConfigurableResource[None]):
    """The clients, the ledger, the frames and the settings of this installation, for the steps of one run."""

    _opened: _Opened = PrivateAttr(default_factory=_Opened)

    @property
    def environment(self) -> Environment:
        """The environment variables, as they were when first asked for."""
        return self._opened.environment

    @property
    def graph(self) -> GraphClient:
        """The run's client of Microsoft Graph. Raises SettingsError, CredentialsError."""
        return self._opened.graph

    @property
    def emply(self) -> EmplyClient:
        """The run's client of Emply. Raises SettingsError."""
        return self._opened.emply

    @property
    def systems(self) -> Systems:
        """Both clients, to read every list whole. Raises SettingsError, CredentialsError."""
        return Systems(self.graph, self.emply)

    def tracked(self, whole_because: str) -> Systems:
        """Both clients, to read: lists go on from the last complete run, unless `whole_because` says why they do not.

        Raises SettingsError, CredentialsError, LedgerError.
        """
        bases = Bases(
            self.frames, self.settings().full_read_hours, self.ledger.read(certificates.not_accepted), whole_because
        )
        return replace(self.systems, tracking=bases.of)

    @property
    def reads(self) -> SideBySide:
        """What is being read of them side by side, for the steps to come of this process."""
        return self._opened.reads

    @property
    def frames(self) -> FrameStore:
        """The stored frames of all runs. Raises SettingsError where FRAMES_URL is of no use."""
        return FrameStore(self.environment.frames_url)

    @property
    def ledger(self) -> Ledger:
        """The run's ledger, its schema brought to this version. Raises SettingsError, LedgerError."""
        return self._opened.ledger

    def teardown_after_execution(self, context: InitResourceContext) -> None:  # noqa: ARG002 (Dagster's own signature)
        """Stop unfinished reads when the run ends, however it ends."""
        if self.reads.unfinished:
            self.systems.stop()

    def settings(self) -> Settings:
        """The settings as the file has them at this moment, without what this Emply cannot do. Raises SettingsError."""
        return load_in_force(self.environment)
