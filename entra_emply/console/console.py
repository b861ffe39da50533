"""What all pages share: the installation that they show, what is kept of it in memory, and who may do what.

One object for the life of the process; everything in it may be used by several threads.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from entra_emply.console.queries.actions import PlanActions
from entra_emply.console.queries.days import Days
from entra_emply.console.queries.findings import findings_since
from entra_emply.console.queries.health import Health
from entra_emply.console.queries.kept import Kept
from entra_emply.console.queries.runs import Run
from entra_emply.console.security.entra_sign_in import EntraSignIn
from entra_emply.console.security.forms import Forms
from entra_emply.console.security.limits import Limit
from entra_emply.console.security.one_time_token import OneTimeToken
from entra_emply.console.security.sessions import Sessions
from entra_emply.environment import ConsoleEnvironment, Environment
from entra_emply.ledger import overview
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.plans import RecordedPlan
from entra_emply.storage.frame_store import FrameStore

BACK = "/signed-in"
"""Where Entra sends people back to, behind the console's address."""


@dataclass(frozen=True)
class Security:
    """Sessions, forms, and the one way to sign in: with Entra, or with a printed token as `account`."""

    sessions: Sessions
    forms: Forms
    entra: EntraSignIn | None
    token: OneTimeToken | None
    account: str
    sign_ins: Limit = field(default_factory=lambda: Limit(20, 60))
    searches: Limit = field(default_factory=lambda: Limit(120, 60))

    @classmethod
    def of(cls, environment: Environment, account: str, told: Callable[[str], None]) -> "Security":
        """As the environment has it; `told` is called with each new token. Raises SettingsError."""
        where = environment.console_environment
        secret = where.secret or secrets.token_urlsafe(32)
        team = where.for_a_team
        return cls(
            sessions=Sessions(secret, secure=team, path=where.prefix),
            forms=Forms(secret),
            entra=EntraSignIn(environment.entra, f"{where.url}{BACK}") if team else None,
            token=None if team else OneTimeToken(told),
            account=account,
        )


class Console:
    """An installation as the pages see it."""

    def __init__(self, environment: Environment, ledger: Ledger, security: Security) -> None:
        self.environment, self.ledger, self.security = environment, ledger, security
        self.frames = FrameStore(environment.frames_url)
        self.run = Kept(partial(Run.of, self.frames), 2)
        self.findings = Kept(partial(findings_since, self.frames), 2)
        self.actions = Kept(self._actions, 8)
        self.days = Days(ledger)
        self.health = Health(environment)

    @property
    def where(self) -> ConsoleEnvironment:
        """Where the console is found."""
        return self.environment.console_environment

    def names_of(self, plan: RecordedPlan) -> Mapping[str, str]:
        """What ids are called in the run of a plan; in the newest one where that run's frames are gone."""
        run = self._run_of(plan)
        return {} if run is None else run.names

    def newest_run(self) -> Run | None:
        """The last complete run; None where there is none yet."""
        stored = self.frames.last_complete()
        return None if stored is None else self.run(stored.run_id)

    def _run_of(self, plan: RecordedPlan) -> Run | None:
        """The run of a plan; the newest one where its frames are gone."""
        return self.run(plan.run_id) if self.frames.has(plan.run_id, "emply_roles") else self.newest_run()

    def _actions(self, plan_no: int) -> PlanActions:
        plan = self.ledger.read(overview.plan_numbered, plan_no)
        run = None if plan is None else self._run_of(plan)
        return PlanActions.of(self.ledger, plan_no, None if run is None else run.frames)
