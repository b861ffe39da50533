"""`/_sandbox/…`: what tests and the demo set and read. These requests get no faults and are not logged.

Beside state, requests and faults: `PATCH state` adds or replaces rows, `settings` are what the sandbox knows of its
callers, and `POST reset` (in `app`) gives back everything but the state as it was at the start.
"""

from sandbox.exchange import Answer, Request, json_answer
from sandbox.faults import FaultError, Faults
from sandbox.requestlog import RequestLog
from sandbox.settings import Settings, SettingsError
from sandbox.state import ScenarioError, State

PREFIX = "/_sandbox/"


class Control:
    """State, requests, faults and settings of one sandbox."""

    def __init__(self, state: State, log: RequestLog, faults: Faults, settings: Settings) -> None:
        self._state, self._log, self._faults, self._settings = state, log, faults, settings

    def answer(self, request: Request) -> Answer:
        """Answer one request; 400 says what is wrong with a document that was put."""
        try:
            document = request.json() if request.method in ("PUT", "PATCH") else None
            return self._answer(request.method, request.path.removeprefix(PREFIX), document)
        except (ScenarioError, FaultError, SettingsError, ValueError) as error:
            return json_answer(400, {"error": str(error)})

    def _answer(self, method: str, name: str, document: object) -> Answer:  # noqa: C901, PLR0911 - a table of what there is
        match method, name:
            case "GET", "state":
                return json_answer(200, self._state.document())
            case "PUT", "state":
                self._state.load(document)
                return Answer(204)
            case "PATCH", "state":
                self._state.change(document)
                return Answer(204)
            case "GET", "requests":
                return json_answer(200, self._log.entries())
            case "DELETE", "requests":
                self._log.clear()
                return Answer(204)
            case "GET", "undocumented":
                return json_answer(200, self._log.undocumented())
            case "GET", "faults":
                return json_answer(200, self._faults.get())
            case "PUT", "faults":
                self._faults.put(document)
                self._state.keep_past(self._faults.longest_stale)
                return Answer(204)
            case "GET", "settings":
                return json_answer(200, self._settings.shown())
            case "PUT", "settings":
                self._settings.change(document)
                return Answer(204)
        return json_answer(404, {"error": f"there is no {method} {PREFIX}{name}"})
