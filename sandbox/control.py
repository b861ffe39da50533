"""`/_sandbox/…`: what tests and the demo set and read. These requests get no faults and are not logged.

Beside state, requests and faults: `PATCH state` adds or replaces rows, `DELETE state` leaves nobody, `settings` are
what the sandbox knows of its callers, `undocumented` are the requests that Graph does not document, `drag` and `renew`
do to calendars what no client can (see `moves`), `emply-token` gives a token with other access or another end, and
`POST reset` (in `app`) gives back everything but the state as it was at the start.
"""

from collections.abc import Callable

from sandbox.emply.access import AccessTokens
from sandbox.exchange import Answer, Request, json_answer
from sandbox.faults import FaultError, Faults
from sandbox.moves import drag_event, renew_calendar
from sandbox.requestlog import RequestLog
from sandbox.settings import Settings, SettingsError
from sandbox.state import ScenarioError, State

PREFIX = "/_sandbox/"

Document = object


class Control:
    """State, requests, faults and settings of one sandbox."""

    def __init__(
        self, state: State, log: RequestLog, faults: Faults, settings: Settings, tokens: AccessTokens
    ) -> None:  # fmt: skip
        self._state, self._faults = state, faults
        shown: dict[str, Callable[[], object]] = {
            "state": state.document, "requests": log.entries, "undocumented": log.undocumented, "faults": faults.get,
            "settings": settings.shown,
        }  # fmt: skip
        done: dict[tuple[str, str], Callable[[Document], object]] = {
            ("PUT", "state"): state.load,
            ("PATCH", "state"): state.change,
            ("DELETE", "state"): lambda _: state.load({}),
            ("DELETE", "requests"): lambda _: log.clear(),
            ("PUT", "faults"): self._put_faults,
            ("PUT", "settings"): settings.change,
            ("POST", "drag"): lambda document: drag_event(state, **_texts(document, "user", "event", "calendar")),
            ("POST", "renew"): lambda document: renew_calendar(state, **_texts(document, "user", "calendar", "to")),
            ("POST", "emply-token"): tokens.asked,
        }
        self._shown, self._done = shown, done

    def answer(self, request: Request) -> Answer:
        """Answer one request; 400 says what is wrong with a document that was put."""
        name = request.path.removeprefix(PREFIX)
        if request.method == "GET" and name in self._shown:
            return json_answer(200, self._shown[name]())
        do = self._done.get((request.method, name))
        if do is None:
            return json_answer(404, {"error": f"there is no {request.method} {PREFIX}{name}"})
        try:
            result = do(None if request.method == "DELETE" else request.json())
        except (ScenarioError, FaultError, SettingsError, ValueError) as error:
            return json_answer(400, {"error": str(error)})
        return Answer(204) if result is None else json_answer(200, result)

    def _put_faults(self, document: Document) -> None:
        self._faults.put(document)
        self._state.keep_past(self._faults.longest_stale)


def _texts(document: Document, *names: str) -> dict[str, str]:
    """The named texts of a document that has these and no others."""
    if isinstance(document, dict) and document.keys() == set(names):
        found = {name: value for name, value in document.items() if isinstance(value, str)}
        if len(found) == len(names):
            return found
    raise ValueError(f"expected an object of texts: {', '.join(names)}")
