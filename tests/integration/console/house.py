"""An installation without Dagster: people of both systems, runs that are stored and recorded, and the console of it."""

import html
import re
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from httpx2 import Response
from starlette.responses import Response as Answer
from starlette.testclient import TestClient

from benchmarks.explain import store
from entra_emply import clock
from entra_emply.console.app import create_app
from entra_emply.console.console import Console, Security
from entra_emply.environment import Environment
from entra_emply.ledger import overview, plans
from entra_emply.ledger.ledger import Ledger
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.storage.frame_store import FrameStore
from tests.integration.ledger.systems import Systems

ACCOUNT = "ada"


@dataclass
class House:
    """One installation. `run` is a run of it; `browser` a browser that nobody has signed in with."""

    home: Path
    url: str
    systems: Systems
    variables: dict[str, str] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)

    @property
    def environment(self) -> Environment:
        ours = {"ENTRA_EMPLY_HOME": str(self.home), "DATABASE_URL": self.url}
        return Environment(ours | self.variables)

    @property
    def ledger(self) -> Ledger:
        return self.systems.ledger

    @property
    def frames(self) -> FrameStore:
        return FrameStore(self.environment.frames_url)

    def run(self, *, apply: bool = True) -> Plan:
        """Read, plan, store, record, apply."""
        inputs = self.systems.inputs()
        plan, run_id = make_plan(inputs), str(uuid.uuid4())
        store(self.frames, inputs, plan, run_id)
        self.ledger.write(plans.record_mapping, inputs.settings.version, inputs.settings.document)
        self.ledger.write(
            plans.record_plan,
            plan,
            run_id=run_id,
            day=clock.now().date(),
            origin="sync",
            mapping_version=inputs.settings.version,
            state=inputs.state,
        )
        if apply:
            self.systems.apply(plan)
        return plan

    def console(self) -> Console:
        return Console(self.environment, self.ledger, Security.of(self.environment, ACCOUNT, self.tokens.append))

    def browser(self, console: Console | None = None) -> "Browser":
        return browser_of(console or self.console())

    def signed_in(self, *, approver: bool = True, console: Console | None = None) -> "Browser":
        """A browser in which somebody signed in."""
        console = console or self.console()
        browser = self.browser(console)
        if approver:
            assert browser.get(f"/sign-in?token={self.tokens[-1]}").status_code == 303
            return browser
        return browser.as_reader(console)


@dataclass
class Browser:
    """A browser: it keeps cookies, and posts forms with the token of the page that it saw last."""

    client: TestClient
    page: str = ""

    def get(self, path: str) -> Response:
        answer = self.client.get(path)
        self.page = answer.text or self.page
        return answer

    def follow(self, begins: str) -> Response:
        """Open the page's first link of which the address begins so."""
        links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', self.page)]
        return self.get(next(link for link in links if link.startswith(begins)))

    def post(self, path: str, **form: str | list[str]) -> Response:
        """Post a form; its hidden fields are those of the page, unless they are given."""
        answer = self.client.post(path, data=self.hidden | form)
        self.page = answer.text or self.page
        return answer

    @property
    def hidden(self) -> dict[str, str | list[str]]:
        """The hidden fields of the page's last form."""
        forms = re.findall(r"<form.*?</form>", self.page, re.DOTALL)
        fields: dict[str, str | list[str]] = {}
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', forms[-1] if forms else ""):
            before = fields.get(name)
            fields[name] = value if before is None else [*([before] if isinstance(before, str) else before), value]
        return fields

    def as_reader(self, console: Console) -> "Browser":
        """Give it the session of somebody who may only read."""
        answer = Answer()
        console.security.sessions.begin(answer, "Ray (ray@contoso.com)", approver=False)
        name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
        self.client.cookies.set(name, value, domain="localhost.local")
        return self


def text_of(answer: Response) -> str:
    """What a page says, without its markup."""
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    bare = re.sub(r"<(style|script|option)\b.*?</\1>", " ", main[0] if main else answer.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).split())


def browser_of(console: Console) -> Browser:
    """A browser before a console on this machine."""
    return Browser(TestClient(create_app(console, ["localhost"]), base_url="http://localhost", follow_redirects=False))


def ids(house: House, *people: str) -> list[str]:
    """The held actions of these people."""
    plan = house.ledger.read(plans.newest_plan)
    assert plan is not None
    actions = house.ledger.read(overview.actions_of, plan.plan_no)
    return actions.loc[actions["entra_id"].isin(people), "action_id"].tolist()
