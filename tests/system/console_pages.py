"""The way to each page of the console in a browser: by its links, buttons and forms, in the installation of `scenario`.

Each way can be gone alone and in any order: what one decides, no other needs.
"""

from collections.abc import Callable, Mapping

from playwright.sync_api import Page, Route, expect

from tests.system.installation import Row

HELD = "guards: {max_deactivations: {min_count: 0, percent: 0}}"
NO_PAGE = {
    "/plan/csv": "a file",
    "/plan/html": "a file (tests/system/test_report.py)",
    "/plan/undo/withdraw": "sends to /plan/undos",
    "/failures/release": "sends to /failures",
    "/sign-in/entra": "sends to Entra",
    "/signed-in": "sends to /",
    "/sign-out": "sends to /sign-in",
    "/static": "files",
}
"""Addresses at which there is nothing to look at, and why."""

_PEOPLE = {
    "maja": ("Maja", "Sørensen"),
    "tom": ("Tom", "Ågård"),
    "łukasz": ("Łukasz", "Żółć"),
    "çağla": ("Çağla", "Işık"),
    "zoë": ("Zoë", "Öz"),
    "ray": ("Ray", "Ross"),
    "ines": ("Ines", "Holm"),
    "eve": ("<script>document.title='taken'</script>", "x" * 300),
}
_IN_HR, _LEAVERS, _RENAMED = ("maja", "tom"), ("łukasz", "çağla", "zoë"), ("ray", "ines")


def scenario() -> Row:
    """Maja and Tom, from whom HR will be taken in Emply; three who leave; Ray and Ines, whose logins have an address of
    the past; one whose name is markup."""
    users = [
        {"id": f"user-{name}", "userPrincipalName": f"{name}@contoso.com", "mail": f"{name}@contoso.com",
         "otherMails": [f"{name}@old.contoso.com"], "givenName": first, "surname": last,
         "displayName": f"{first} {last}"}
        for name, (first, last) in _PEOPLE.items()
    ]  # fmt: skip
    addresses = {name: f"{name}@{'old.' if name in _RENAMED else ''}contoso.com" for name in _PEOPLE}
    logins = [
        {"id": f"login-{name}", "username": addresses[name], "email": addresses[name], "firstName": first,
         "lastName": last, "roleIds": ["role-1"], "active": True}
        for name, (first, last) in _PEOPLE.items()
    ]  # fmt: skip
    titles = {"role-1": "Employee", "role-2": "HR", "role-3": "Manager"}
    roles = [{"id": role, "title": title} for role, title in titles.items()]
    groups = [{"id": "group-1", "displayName": "Employees", "members": [user["id"] for user in users]}]
    groups.append({"id": "group-2", "displayName": "HR", "members": [f"user-{name}" for name in _IN_HR]})
    employees = [{"id": "employee-1", "email": "somebody@contoso.com"}]
    departments = [{"id": "department-1", "title": "Copenhagen"}]
    emply = {"users": logins, "employees": employees, "roles": roles, "departments": departments}
    return {"entra": {"users": users, "groups": groups}, "emply": emply}


def a_day_later(state: Row) -> Row:
    """The leavers' accounts are disabled, HR was taken from Maja and Tom, and Eve has a title that Emply refuses."""
    for user in state["entra"]["users"]:
        user["accountEnabled"] = user["id"].removeprefix("user-") not in _LEAVERS
        user["jobTitle"] = "Team Lead" if user["id"] == "user-eve" else None
    for login in state["emply"]["users"]:
        if login["id"].removeprefix("login-") in _IN_HR:
            login["roleIds"] = ["role-1", "role-3"]
    return state


REFUSED = {
    "method": "PATCH",
    "path": "/users/login-eve$",
    "times": 9,
    "fault": {"status": 400, "body": {"error": {"code": "invalid", "message": "no"}}},
}


# --- the ways ---------------------------------------------------------------------------------------------------------


def _at(path: str) -> Callable[[Page, str], None]:
    def go(page: Page, url: str) -> None:
        page.goto(f"{url}{path}")

    return go


def _marked(page: Page, url: str, who: str) -> None:
    page.goto(f"{url}/plan?state=held")
    page.locator("tr", has_text=f"{who}@").filter(has_text="Deactivate").get_by_role("checkbox").check()
    page.get_by_role("button", name="Approve what is marked").click()


def _none_marked(page: Page, url: str) -> None:
    page.goto(f"{url}/plan?state=held")
    page.get_by_role("button", name="Approve what is marked").click()


def _approved(page: Page, url: str) -> None:
    _marked(page, url, "zoë")
    _decided(page, "Approve for 1 person")


def _decided(page: Page, button: str) -> None:
    page.get_by_label("Reason").fill("known")
    page.get_by_role("button", name=button).click()


def _not_the_same(page: Page, url: str, who: str) -> None:
    page.goto(f"{url}/plan?state=held")
    page.locator("tr", has_text=f"{who}@").get_by_role("button", name="Not the same person").click()


def _refused(page: Page, url: str) -> None:
    _not_the_same(page, url, "ines")
    _decided(page, "Refuse the link")


def _undo(page: Page, url: str, query: str) -> None:
    page.goto(f"{url}/plan?{query}")
    page.get_by_role("button", name="Undo").click()


def _undo_asked(page: Page, url: str, who: str = "maja") -> None:
    _undo(page, url, f"person=user-{who}")
    _decided(page, "Ask to undo it")


def _undos(page: Page, url: str) -> None:
    _undo_asked(page, url, "tom")
    page.goto(f"{url}/plan/undos")


def _difference(page: Page, url: str) -> None:
    page.goto(f"{url}/plan")
    page.get_by_role("button", name="Compare").click()


def _several(page: Page, url: str) -> None:
    page.goto(f"{url}/plan")
    page.get_by_label("Person").fill("contoso")
    page.get_by_role("button", name="Find").click()


def _found(page: Page, url: str) -> None:
    page.goto(f"{url}/people")
    page.get_by_label("Name, address or employee number").press_sequentially("contoso")
    expect(page.locator("#found")).to_contain_text("people found")


def _without_htmx(page: Page) -> None:
    """Forms are sent as a browser without scripts sends them."""

    def nothing(route: Route) -> None:
        route.fulfill(body="", content_type="text/javascript")

    page.route("**/static/htmx*", nothing)


def _why_not(page: Page, url: str) -> None:
    page.goto(f"{url}/people/user-eve")
    page.select_option("#role", "HR")
    page.get_by_role("button", name="Ask").click()


def _why_not_within(page: Page, url: str) -> None:
    _why_not(page, url)
    expect(page.locator("#answer")).to_contain_text("would get the role HR if")


def _why_not_alone(page: Page, url: str) -> None:
    _without_htmx(page)
    _why_not(page, url)


def _draft(page: Page, url: str) -> None:
    page.goto(f"{url}/mapping")
    page.fill("#draft", page.locator("#draft").input_value().replace("default_role: HR", "default_role: Employee"))
    page.get_by_role("button", name="Show what it would change").click()


def _draft_within(page: Page, url: str) -> None:
    _draft(page, url)
    expect(page.locator("#drafted")).to_contain_text("The draft plans")


def _draft_alone(page: Page, url: str) -> None:
    _without_htmx(page)
    _draft(page, url)


def _looked(page: Page, url: str) -> None:
    page.goto(f"{url}/health")
    page.get_by_role("button", name="Look now").click()
    expect(page.locator(".checks")).to_contain_text("entra: sign-in")


def _signed_out(page: Page, url: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{url}/sign-in")


WAYS: Mapping[str, list[Callable[[Page, str], None]]] = {
    "/": [_at("/")],
    "/plan": [_at("/plan"), _at("/plan?state=held"), _at("/plan?rule=R4")],
    "/plan/person": [_several],
    "/plan/difference": [_difference],
    "/plan/confirm": [lambda page, url: _marked(page, url, "çağla"), _none_marked],
    "/plan/approve": [_approved],
    "/plan/refuse/confirm": [lambda page, url: _not_the_same(page, url, "ray")],
    "/plan/refuse": [_refused],
    "/plan/undo/confirm": [
        lambda page, url: _undo(page, url, "state=applied"),
        lambda page, url: _undo(page, url, "kind=ledger.link_user&plan=1"),
    ],
    "/plan/undo": [_undo_asked],
    "/plan/undos": [_at("/plan/undos"), _undos],
    "/people": [_at("/people"), _found],
    "/people/{person:path}": [
        _at("/people/user-maja"),
        _at("/people/user-eve"),
        _at("/people/nobody"),
        _why_not_within,
    ],
    "/people/{person:path}/why-not": [_why_not_alone],
    "/failures": [_at("/failures")],
    "/findings": [_at("/findings"), _at("/findings?severity=info")],
    "/mapping": [_at("/mapping"), _draft_within],
    "/mapping/draft": [_draft_alone],
    "/health": [_at("/health"), _looked],
    "/sign-in": [_signed_out],
}
"""How to get to the page of each address of the console, in the states that it has."""
