"""Plain HTTP to the sandbox: what its tests ask with where Microsoft's own clients would hide the answer."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from requests import Response, Session

from sandbox import Sandbox
from tests.waiting import PATIENCE, wait_until


class Http:
    """A session against one service: `get("users")` asks `<base>/users`; a full address is asked as it is."""

    def __init__(self, sandbox: Sandbox, base: str) -> None:
        self.base = base
        self.session = Session()
        self.session.trust_env = False
        self.session.verify = sandbox.environment["CA_BUNDLE"]

    def ask(self, method: str, path: str, **options: Any) -> Response:  # noqa: ANN401 - those of requests
        url = path if path.startswith("https:") else f"{self.base}/{path}"
        return self.session.request(method, url, timeout=PATIENCE, **options)

    def get(self, path: str, **options: Any) -> Response:  # noqa: ANN401 - those of requests
        return self.ask("GET", path, **options)

    def post(self, path: str, document: object, **options: Any) -> Response:  # noqa: ANN401 - those of requests
        return self.ask("POST", path, json=document, **options)

    def rows(self, path: str, **options: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - those of requests
        """A whole Graph list, page by page."""
        found: list[dict[str, Any]] = []
        link: str | None = path
        while link:
            page = self.get(link, **options).json()
            found += page["value"]
            link = page.get("@odata.nextLink")
        return found


@contextmanager
def held(sandbox: Sandbox, path: str, ask: Callable[[], object], *, times: int = 1) -> Iterator[None]:
    """While the context lasts, the sandbox has so many requests for a path, which `ask` sends, and does not answer."""
    sandbox.put_faults({"path": path, "times": times, "fault": {"delay_ms": 1000 * PATIENCE}})
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(ask)
        try:
            wait_until(lambda: sandbox.faults()[0]["times"] == 0 or asked.done(), "the request")
            yield
        finally:
            sandbox.put_faults()
        asked.result()


def token(sandbox: Sandbox) -> str:
    """An access token, asked for by hand."""
    environment = sandbox.environment
    http = Http(sandbox, environment["ENTRA_AUTHORITY"])
    with http.session:
        answer = http.ask("POST", f"{environment['ENTRA_TENANT_ID']}/oauth2/v2.0/token", data=token_form(sandbox))
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["access_token"]
    return text


def token_form(sandbox: Sandbox) -> dict[str, str]:
    """What a client sends to get a token with its secret."""
    return {
        "grant_type": "client_credentials",
        "client_id": sandbox.environment["ENTRA_CLIENT_ID"],
        "client_secret": sandbox.environment["ENTRA_CLIENT_SECRET"],
        "scope": "https://graph.microsoft.com/.default",
    }


def signed_in(sandbox: Sandbox) -> Http:
    """Graph, with a token of its own; its log is empty."""
    http = Http(sandbox, f"{sandbox.url}/v1.0")
    http.session.headers["Authorization"] = f"Bearer {token(sandbox)}"
    sandbox.clear_requests()
    return http


def people(count: int) -> list[dict[str, Any]]:
    """So many Entra users, with ids in order."""
    return [
        {"id": f"u{n:05}", "displayName": f"Ayşe {n}", "userPrincipalName": f"u{n}@contoso.com"} for n in range(count)
    ]
