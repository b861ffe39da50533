"""`plan --html` in a real browser: one file from disk, without network, at a desk's and at a phone's width."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox import Sandbox
from tests.system.browser import PATIENCE_MS, needs_chromium
from tests.system.installation import Installation, Row

EVIL = "<script>document.title = 'taken'</script>"
NAMES = {
    "søren": ("Søren", "Kjær-Ågård"),
    "łucja": ("Łucja", "Święcicka"),
    "çağla": ("Çağla", "Işık"),
    "eve": (EVIL, ""),
}
WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
HELD = "guards: {max_grants: {min_count: 0, percent: 0}}"

pytestmark = needs_chromium


def scenario() -> Row:
    """Newcomers with names that are hard to write, and somebody who gets another role."""
    users = [
        {"id": f"user-{name}", "userPrincipalName": f"{name}@contoso.com", "givenName": first, "surname": last or None}
        for name, (first, last) in NAMES.items()
    ]
    users.append({"id": "user-megan", "userPrincipalName": "megan@contoso.dk"})
    members = [user["id"] for user in users]
    roles = [{"id": "role-1", "title": "Employee"}, {"id": "role-2", "title": "Manager"}]
    megan = {"id": "login-1", "username": "megan@contoso.dk", "email": "megan@contoso.dk", "roleIds": ["role-2"]}
    groups = [{"id": "group-1", "displayName": "Employees", "members": members}]
    employees = [{"id": "employee-1", "email": "somebody@contoso.com"}]
    departments = [{"id": "department-1", "title": "Copenhagen"}]
    emply = {"users": [megan], "employees": employees, "roles": roles, "departments": departments}
    return {"entra": {"users": users, "groups": groups}, "emply": emply}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the command writes."""
    folder = tmp_path_factory.mktemp("report")
    settings = folder / "settings.yaml"
    settings.write_text(f"synchronize_roles: true\ngroups: [{{group: Employees, default_role: Employee}}]\n{HELD}\n")
    file = folder / "plan.html"
    with Sandbox(scenario()) as sandbox:
        done = Installation(folder / "home", sandbox, settings).run("plan", "--html", str(file))
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture(params=WIDTHS)
def opened(
    request: pytest.FixtureRequest, chromium: Browser, report: Path
) -> Iterator[tuple[Page, list[str], list[str]]]:
    """The file, open without network; the addresses that it asks for, and what it complains of."""
    width, height = WIDTHS[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, offline=True)
    page, asked, said = context.new_page(), list[str](), list[str]()
    page.set_default_timeout(PATIENCE_MS)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri())
    yield page, asked, said
    context.close()


@pytest.fixture
def page(opened: tuple[Page, list[str], list[str]]) -> Page:
    """The page alone."""
    return opened[0]


def test_the_page_asks_for_nothing_else_and_complains_of_nothing(
    opened: tuple[Page, list[str], list[str]], report: Path
) -> None:
    page, asked, said = opened
    page.get_by_role("searchbox").fill("megan")
    page.get_by_text("found").wait_for()
    page.get_by_role("searchbox").fill("")
    assert (asked, said) == ([report.as_uri()], [])


def test_the_chart_shows_each_kind_with_what_is_held(page: Page) -> None:
    bar = page.locator(".bar", has_text="emply.create_user")
    expect(bar).to_contain_text("4 (4 held)", use_inner_text=True)
    whole, stuck = bar.locator("svg").bounding_box(), bar.locator(".stuck").bounding_box()
    assert whole
    assert stuck
    assert stuck["width"] == pytest.approx(whole["width"], abs=1)


@pytest.mark.parametrize(
    ("title", "row"), [("By domain", ["contoso.com", "4", "4"]), ("By group", ["Employees", "6", "4"])]
)
def test_the_overviews_count_by_domain_and_by_group(page: Page, title: str, row: list[str]) -> None:
    table = page.locator("div:has(> h2)", has=page.get_by_role("heading", name=title)).locator("table")
    expect(table.locator("tbody tr").first.locator("td")).to_have_text(row, use_inner_text=True)


def test_an_action_shows_what_was_and_what_will_be(page: Page) -> None:
    changed = page.locator("details", has_text="emply.set_roles").locator("tbody tr")
    expect(changed.locator("del")).to_have_text("Manager", use_inner_text=True)
    expect(changed.locator("ins")).to_have_text("Employee, Manager", use_inner_text=True)


def test_a_finding_shows_what_to_do(page: Page) -> None:
    finding = page.locator("details", has_text="user_without_employee")
    remedy = finding.get_by_text("What to do:").locator("..")
    expect(remedy).to_contain_text("create the employee only where there is none", use_inner_text=True)


@pytest.mark.parametrize("text", [EVIL, "Søren", "Kjær-Ågård", "Łucja", "Święcicka", "Çağla", "Işık"])
def test_names_are_shown_as_they_are_written_and_never_run(page: Page, text: str) -> None:
    expect(page.locator("main")).to_contain_text(text, use_inner_text=True)
    expect(page).to_have_title(re.compile("^Plan "))


def test_searching_shows_only_what_was_searched(page: Page) -> None:
    page.get_by_role("searchbox").fill("çağla")
    page.get_by_text("2 found", exact=True).wait_for()  # the action and the finding
    others = page.get_by_text("łucja@contoso.com").locator("visible=true")
    expect(others).to_have_count(0)
    page.get_by_role("searchbox").fill("")
    expect(others).not_to_have_count(0)


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
