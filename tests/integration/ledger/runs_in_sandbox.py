"""Whole runs about a scenario in the sandbox by the real clients: read, plan, record, apply. Without Dagster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.environment import Environment
from entra_emply.extraction.dependent_reads import Frames
from entra_emply.extraction.planning import Planned, Planning, read_check_plan, read_lists
from entra_emply.extraction.sources import Systems as Clients
from entra_emply.ledger.ledger import Ledger
from entra_emply.reconciliation.settings import parse
from sandbox import Sandbox
from tests.fake_time import FakeTime
from tests.integration.ledger.systems import Systems

Row = dict[str, Any]


class RunsInSandbox:
    """One run after another about what the sandbox has. A client's pauses take no time.

    The lists are read whole; of events, each run reads what changed since the one before. environment: what is
    otherwise than the sandbox's own.
    """

    def __init__(self, ledger: Ledger, sandbox: Sandbox, scenario: Row, settings: Row, **environment: str) -> None:
        sandbox.put_state(scenario)
        sandbox.change_settings(emply_per_second=100_000)  # who waits in no time is at once over what Emply allows
        known, timing = Environment.load(sandbox.environment | environment), FakeTime().timing()
        self.sandbox = sandbox
        self.settings = settings
        self.graph, self.emply = GraphClient(known, timing), EmplyClient(known, timing)
        self.runs = Systems(ledger, scenario)
        self.runs.clients = Clients(self.graph, self.emply)
        self._events: Frames | None = None

    def close(self) -> None:
        """Close the clients."""
        self.graph.close()
        self.emply.close()

    def planned(self, **settings: object) -> Planned:
        """What a run plans, recorded."""
        state = self.runs.state()
        given = parse(orjson.dumps(self.settings | settings).decode())  # JSON is YAML
        clients = Clients(self.graph, self.emply)
        made = read_check_plan(
            lambda: read_lists(clients, given, state), Planning(clients, earlier_events=self._events)
        )
        self._events = {name: getattr(made.inputs, name) for name in ("entra_events", "entra_cursors")}
        self.runs.record_plan(made.plan, state)
        return made

    def run(self, **settings: object) -> list[str]:
        """A whole run; what it did, each as kind and result."""
        report = self.runs.apply(self.planned(**settings).plan)
        return sorted(f"{name} {result}" for name, counted in report.results.items() for result in counted.elements())

    @contextmanager
    def edited(self) -> Iterator[Row]:
        """The state of both systems, to change."""
        state = self.sandbox.state()
        yield state
        self.sandbox.put_state(state)


def connect(systems: Systems, sandbox: Sandbox) -> Clients:
    """Give the systems the clients of the sandbox."""
    environment = Environment.load(sandbox.environment)
    systems.clients = Clients(GraphClient(environment), EmplyClient(environment))
    return systems.clients
