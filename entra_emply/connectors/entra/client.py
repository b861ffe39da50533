"""The client of Microsoft Graph, made of parts that share one connection. Not here: HTTP (`connection`)."""

from collections.abc import Mapping

from entra_emply.connectors.entra.connection import Connection, signature
from entra_emply.connectors.entra.directory import Directory
from entra_emply.connectors.entra.events import Events
from entra_emply.connectors.entra.mailboxes import Mailboxes
from entra_emply.connectors.entra.writes import Writes
from entra_emply.connectors.throttle import Timing
from entra_emply.environment import Environment


class GraphClient:
    """A tenant in Graph: its directory, mailboxes and events are read, users and events are written."""

    def __init__(self, environment: Environment, timing: Timing | None = None) -> None:
        self._connection = Connection(environment.entra, timing)
        self.base, self.service = self._connection.base, self._connection.service
        self.directory = Directory(self._connection)
        self.mailboxes = Mailboxes(self._connection)
        self.events = Events(self._connection)
        self.writes = Writes(self._connection)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def headers(self) -> Mapping[str, str]:
        """The headers of a request, with a valid token. Raises CredentialsError."""
        return signature(self._connection.token())
