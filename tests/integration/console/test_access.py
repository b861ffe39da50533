"""Attacks: forged and replayed forms, a reader who posts, prepared sessions, path tricks, wrong tokens, evil names."""

import re

import pytest

from entra_emply.console.app import _routes
from entra_emply.console.security.sessions import Sessions
from entra_emply.ledger import overview
from tests.integration.conftest import Rows
from tests.integration.console.house import Browser, House, ids, text_of

PAGES = sorted({route.path.replace("{person:path}", "ray") for route in _routes() if route.path != "/static"})
OPEN = {"/sign-in", "/sign-in/entra", "/signed-in"}
POSTS = ["/plan/confirm", "/plan/approve", "/plan/refuse/confirm", "/plan/refuse", "/failures/release"]


@pytest.mark.parametrize("path", [path for path in PAGES if path not in OPEN])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_session_no_page_answers(house: House, path: str, method: str, rows: Rows) -> None:
    answer = house.browser().client.request(method, path, data={"who": "ray"} if method == "POST" else None)
    assert answer.status_code in (303, 405)
    assert answer.headers.get("location", "/sign-in") == "/sign-in"
    assert "contoso" not in answer.text
    assert rows("SELECT count(*) FROM console_audit") == [(0,)]


@pytest.mark.parametrize("path", POSTS)
def test_a_reader_decides_nothing(house: House, path: str, rows: Rows) -> None:
    reader = house.signed_in(approver=False)
    reader.get("/plan")
    assert "Approve" not in reader.page.replace("Approver", "").replace("Approving", "")
    answer = reader.post(path, action=ids(house, "søren"), all="", once="x", reason="r", digest="x")
    assert answer.status_code == 403
    assert "For approvers only" in text_of(answer)
    assert rows("SELECT count(*) FROM approvals") == [(0,)]


def test_a_reader_reads(house: House) -> None:
    reader = house.signed_in(approver=False)
    assert "søren@contoso.com" in reader.get("/plan").text
    assert "Approving needs the role Approver" in text_of(reader.get("/plan"))


def test_a_form_of_nobody_or_of_another_session_is_refused(house: House, rows: Rows) -> None:
    console = house.console()
    ada, other = house.signed_in(console=console), house.signed_in(console=console)
    other.get("/plan")
    for token in ("", "x" * 64, str(other.hidden["form_token"])):
        answer = ada.client.post(
            "/plan/confirm", data={"form_token": token, "plan": "2", "action": ids(house, "søren")}
        )
        assert answer.status_code == 403
        assert "Not a form of this session" in text_of(answer)
    assert rows("SELECT count(*) FROM approvals") == [(0,)]


def test_a_form_that_was_sent_is_not_taken_again(house: House, ada: Browser, rows: Rows) -> None:
    ada.get("/plan")
    ada.post("/plan/confirm", action=ids(house, "søren"), all="")
    form = ada.hidden | {"reason": "r"}
    assert ada.client.post("/plan/approve", data=form).status_code == 200
    again = ada.client.post("/plan/approve", data=form)
    assert (again.status_code, "Sent before" in text_of(again)) == (409, True)
    assert rows("SELECT count(*) FROM approvals") == [(1,)]


def test_a_form_without_its_confirmation_is_not_taken(house: House, ada: Browser, rows: Rows) -> None:
    ada.get("/plan")
    answer = ada.post("/plan/approve", action=ids(house, "søren"), all="", reason="r", digest="x")
    assert "Sent before" in text_of(answer)
    assert rows("SELECT count(*) FROM approvals") == [(0,)]


def test_a_form_from_another_site_is_refused_even_with_the_token(house: House, ada: Browser) -> None:
    ada.get("/plan")
    form = ada.hidden | {"action": ids(house, "søren")}
    for site in ("cross-site", "same-site"):
        answer = ada.client.post("/plan/confirm", data=form, headers={"Sec-Fetch-Site": site})
        assert "Another site sent this form" in text_of(answer)


def test_a_session_that_somebody_prepared_is_not_signed_in_by_the_sign_in(house: House) -> None:
    console = house.console()
    browser = house.browser(console)
    browser.client.cookies.set("entra-emply-console", "prepared", domain="localhost.local")
    answer = browser.get(f"/sign-in?token={house.tokens[-1]}")
    assert "prepared" not in answer.headers["set-cookie"]
    thief = house.browser(console)
    thief.client.cookies.set("entra-emply-console", "prepared", domain="localhost.local")
    assert thief.get("/").status_code == 303


def test_each_sign_in_is_a_session_of_its_own(house: House) -> None:
    console = house.console()
    first, second = (house.signed_in(console=console) for _ in range(2))
    cookies = [browser.client.cookies["entra-emply-console"] for browser in (first, second)]
    assert cookies[0] != cookies[1]


def test_a_cookie_of_another_key_or_changed_is_nobody(house: House) -> None:
    browser = house.signed_in()
    good = browser.client.cookies["entra-emply-console"]
    forged = Sessions("another secret of thirty-two letters", secure=False, path="")._signed.dumps(["1", "eve", True])
    for value in (forged, good[:-2], good + "x", "A" * 5000, ""):
        other = house.browser()
        other.client.cookies.set("entra-emply-console", str(value), domain="localhost.local")
        assert other.get("/").headers["location"] == "/sign-in"


def test_a_copy_of_a_cookie_is_worth_nothing_after_signing_out(house: House) -> None:
    console = house.console()
    ada, thief = house.signed_in(console=console), house.browser(console)
    thief.client.cookies.set("entra-emply-console", ada.client.cookies["entra-emply-console"], domain="localhost.local")
    assert thief.get("/").status_code == 200
    ada.get("/health")
    token = re.findall(r'name="form_token" value="(\w+)"', ada.page)[0]
    assert ada.client.post("/sign-out", data={"form_token": token}).status_code == 303
    assert thief.get("/").headers["location"] == "/sign-in"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    browser = house.browser()
    cookie = browser.get(f"/sign-in?token={house.tokens[-1]}").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


def test_a_token_is_good_once(house: House) -> None:
    console = house.console()
    used = house.tokens[-1]
    assert house.browser(console).get(f"/sign-in?token={used}").status_code == 303
    assert house.browser(console).get(f"/sign-in?token={used}").status_code == 403
    assert house.browser(console).get(f"/sign-in?token={house.tokens[-1]}").status_code == 303


def test_a_thousand_wrong_tokens_sign_nobody_in_and_keep_nobody_out(house: House) -> None:
    console = house.console()
    browser = house.browser(console)
    statuses = [browser.client.post("/sign-in", data={"token": f"wrong-{n}-ø"}).status_code for n in range(1000)]
    assert statuses[:20] == [403] * 20
    assert set(statuses[20:]) == {429}
    assert browser.get("/").status_code == 303
    assert browser.client.post("/sign-in", data={"token": house.tokens[-1]}).headers["location"] == "/"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/..%5capp.py",
        "//etc/passwd",
        "/plan/../../etc/passwd",
        "/plan?plan=../1",
        "/plan?plan=1%00",
        "/plan?plan=-1",
        "/plan?plan=99999999999999999999",
        "/plan?start=1e9",
        f"/plan?start={'9' * 5000}",
        f"/findings?start={'9' * 5000}",
        "/findings?start=-1",
        "/plan/difference?plan=1&with=x",
        "/people/%00",
        "/nothing",
    ],
)
def test_path_tricks_lead_nowhere(ada: Browser, path: str) -> None:
    answer = ada.get(path)
    assert answer.status_code in (400, 404)
    assert "import" not in answer.text
    assert "root:" not in answer.text


def test_a_person_of_any_id_is_only_ever_nobody(ada: Browser) -> None:
    for person in ("..%2F..%2Fetc", "'; DROP TABLE plans; --", "a/b/c", "<script>alert(1)<%2Fscript>", "%F0%9F%92%A9"):
        answer = ada.get(f"/people/{person}")
        assert answer.status_code == 200, person
        assert "Nobody" in text_of(answer)
        assert "<script>alert" not in answer.text


def test_another_host_name_is_refused(ada: Browser) -> None:
    assert ada.client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/plan", "/sign-in", "/nothing", "/static/console.css", "/plan/csv"])
def test_every_answer_keeps_the_browser_in_bounds(ada: Browser, path: str) -> None:
    headers = ada.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert (headers["cache-control"] == "no-store") is not path.startswith("/static")


@pytest.mark.parametrize(
    "path", ["/", "/plan", "/people", "/people/søren", "/failures", "/findings", "/mapping", "/health"]
)
def test_no_page_has_a_script_or_style_in_it_nor_anything_from_elsewhere(ada: Browser, path: str) -> None:
    page = ada.get(path).text
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []
    addresses = re.findall(r'\s(?:src|href|action|hx-(?:get|post))="([^"]*)"', page)
    assert addresses
    assert [address for address in addresses if not re.match(r"/(?!/)|#", address)] == []


def test_a_form_that_is_too_large_is_not_read(ada: Browser) -> None:
    ada.get("/mapping")
    assert ada.post("/mapping/draft", draft="x" * 1_100_000).status_code == 413


EVIL = {
    "script": "<script>document.title='taken'</script>",
    "quotes": '"><img src=x onerror=alert(1)>{{ 7*7 }}',
    "long": "Æ" * 300,
    "right to left": "\u202eمرحبا\u202c שלום",
}


@pytest.mark.parametrize("name", EVIL.values(), ids=EVIL)
def test_a_name_is_text_whatever_is_in_it(house: House, name: str) -> None:
    ray = house.systems.person("ray")
    ray["displayName"] = ray["givenName"] = ray["jobTitle"] = name
    house.run(apply=False)
    browser = house.signed_in()
    browser.get("/people")
    pages = [browser.post("/people", who="ray@").text]
    pages += [
        browser.get(path).text for path in ("/plan", "/people/ray", "/", "/findings", "/plan/difference?plan=3&with=2")
    ]
    shown = (
        name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").replace("'", "&#39;")
    )
    assert all(shown in page for page in pages[:3])
    assert not any("<script>document" in page or "<img" in page or ">49" in page for page in pages)
    assert all(f"<bdi>{shown}</bdi>" in page for page in pages[:1])


def test_a_fault_of_ours_names_nobody(
    ada: Browser, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_connection: object) -> None:
        raise ValueError("søren@contoso.com")

    monkeypatch.setattr(overview, "failures_now", broken)
    answer = ada.get("/failures")
    assert answer.status_code == 500
    assert "søren" not in answer.text + caplog.text
    assert "ValueError" in caplog.text
