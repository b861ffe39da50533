"""The console in a real browser, beside an installation that has synced: its day's work, by mouse and by keyboard; no
request leaves the page; nothing for axe-core to complain of, at a desk's and at a phone's width, light and dark.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect
from starlette.routing import compile_path

from entra_emply.console.app import _routes
from sandbox import Sandbox
from tests.postgres import Server
from tests.system.browser import PATIENCE_MS, needs_chromium
from tests.system.commands import REPOSITORY
from tests.system.console_pages import HELD, NO_PAGE, REFUSED, WAYS, a_day_later, scenario
from tests.system.demo import until
from tests.system.installation import Installation
from tests.waiting import PATIENCE

AXE = REPOSITORY / "tests" / "system" / "vendor" / "axe-core-4.14.1.min.js"
WIDTHS = {"desk": (1440, 900), "phone": (400, 850)}
FAILED = 3

pytestmark = needs_chromium


@dataclass
class Served:
    """A console that was started as an operator starts it."""

    log: Path

    @property
    def way_in(self) -> str:
        """The address that signs in now."""
        return str(re.findall(r"^http\S+$", self.log.read_text(), re.MULTILINE)[-1])

    @property
    def url(self) -> str:
        return self.way_in.partition("/sign-in")[0]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[Served]:
    """The console of an installation in which people wait for an approval to leave, and something is in quarantine."""
    folder = tmp_path_factory.mktemp("console")
    settings = folder / "settings.yaml"
    groups = "groups: [{group: Employees, default_role: Employee}, {group: HR, default_role: HR}]"
    settings.write_text(f"synchronize_roles: true\n{groups}\n{HELD}\n")
    with Sandbox(scenario()) as sandbox:
        installation = Installation(folder / "home", sandbox, settings)
        installation.variables["DATABASE_URL"] = server.url(server.create())
        installation.sync()
        sandbox.put_state(a_day_later(sandbox.state()))
        sandbox.put_faults(REFUSED)
        assert installation.run("sync").returncode == FAILED
        server.execute("UPDATE entra_emply.failures SET quarantined_at = now()", installation.database)
        sandbox.put_faults()
        log = folder / "console.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.commands.cli", "console", "--port", "0"],
                env=installation.environment, cwd=REPOSITORY, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip

        def up() -> bool:
            assert process.poll() is None, log.read_text()
            return "sign-in?token=" in log.read_text()

        try:
            until(up, "the console")
            yield Served(log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, served: Served) -> StorageState:
    """A session, signed in with the printed address."""
    context = chromium.new_context()
    context.new_page().goto(served.way_in)
    found = context.storage_state()
    context.close()
    return found


@pytest.fixture
def page(chromium: Browser, served: Served, signed_in: StorageState) -> Iterator[Page]:
    """A page at a desk that is signed in; it asked nothing of anybody else, and complained of nothing."""
    width, height = WIDTHS["desk"]
    context = chromium.new_context(viewport={"width": width, "height": height}, storage_state=signed_in)
    made, asked, said = context.new_page(), list[str](), list[str]()
    made.set_default_timeout(PATIENCE_MS)
    made.on("request", lambda request: asked.append(request.url))
    made.on("console", lambda message: said.append(message.text))
    yield made
    context.close()
    assert [url for url in asked if not url.startswith(f"{served.url}/")] == []
    assert [text for text in said if not text.endswith("status of 409 (Conflict)")] == []  # pages that say why not


def test_the_help_desk_finds_maja_by_three_letters_and_reads_why_within_two_clicks(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/people")
    page.keyboard.type("maj")  # the field has the focus
    page.locator("#found a").click()
    expect(page.locator("h1")).to_have_text("Maja Sørensen")
    page.get_by_text("Why: the rules that decided").click()
    expect(page.locator("main")).to_contain_text("R5")
    expect(page.locator(".timeline")).to_contain_text("Change roles")
    expect(page.locator(".timeline")).to_contain_text("Employee, Manager → Employee, HR")
    expect(page.locator(".timeline")).to_contain_text("R5")


def test_why_not_is_answered_in_the_page(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/people/user-eve")
    page.select_option("#role", "HR")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#answer")).to_contain_text("would get the role HR if")
    assert page.url.endswith("/people/user-eve")


def test_a_name_that_is_markup_is_read_as_text(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/people/user-eve")
    expect(page.locator("h1")).to_contain_text("<script>")
    assert "taken" not in page.title()


def test_a_draft_is_planned_in_the_page(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/mapping")
    draft = page.locator("#draft").input_value().replace("default_role: HR", "default_role: Employee")
    page.fill("#draft", draft)
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.locator("#drafted")).to_contain_text("The draft plans")


def test_health_looks_when_it_is_asked(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/health")
    expect(page.locator("#checks")).to_contain_text("Nobody has looked")
    page.get_by_role("button", name="Look now").click()
    expect(page.locator(".checks")).to_contain_text("entra: sign-in")


def test_every_address_of_the_console_is_looked_at_or_is_no_page() -> None:
    assert {route.path for route in _routes()} == {*WAYS, *NO_PAGE}


@pytest.mark.parametrize(
    ("path", "way"),
    [
        pytest.param(path, way, id=f"{path} {number}" if number else path)
        for path, ways in WAYS.items()
        for number, way in enumerate(ways)
    ],
)
def test_a_page_is_accessible_and_fits_at_a_desk_and_on_a_phone_light_and_dark(
    page: Page, served: Served, path: str, way: Callable[[Page, str], None]
) -> None:
    way(page, served.url)
    assert compile_path(path)[0].fullmatch(urlsplit(page.url).path)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate(AXE.read_text(encoding="utf-8"))  # past the page's policy, which lets no other script in
    for width, height in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), width
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert violations(page) == [], (width, scheme)


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds: the rule, and where."""
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    return [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found["violations"]]


def test_by_keyboard_alone_a_leaver_is_approved_and_the_other_kept(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/plan?state=held")
    box = page.locator("tr", has_text="łukasz").get_by_role("checkbox")
    box.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Approve what is marked").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Approve 1 action for 1 person?")
    page.get_by_label("Reason").focus()
    page.keyboard.type("left on Friday")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("1 action approved for 72 hours")
    page.goto(f"{served.url}/plan")
    expect(page.locator("tr", has_text="łukasz")).to_contain_text("approved")
    expect(page.locator("tr", has_text="çağla")).to_contain_text("held")


def test_signing_out_ends_it(chromium: Browser, served: Served) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(served.way_in)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    page.goto(f"{served.url}/plan")
    expect(page.locator("h1")).to_have_text("Sign in")
    context.close()
