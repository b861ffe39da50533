"""The ASGI application: one request in, faults applied, the right service asked, one answer out, all of it logged."""

import asyncio
import copy
import dataclasses
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from sandbox import emply, graph
from sandbox.control import PREFIX as CONTROL
from sandbox.control import Control
from sandbox.emply import AccessTokens, EmplyService
from sandbox.entra import SignIn
from sandbox.exchange import Answer, Request, json_answer
from sandbox.faults import Fault, Faults
from sandbox.graph.batch import PATH as BATCH
from sandbox.graph.odata import LARGEST_PAGE
from sandbox.oauth import SignInError, refused
from sandbox.requestlog import RequestLog
from sandbox.settings import Settings
from sandbox.state import State

GRAPH = "/v1.0/"

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class App:
    """Everything one sandbox is, without its sockets."""

    def __init__(self, settings: Settings, state: State) -> None:
        self.settings, self.state = settings, state
        self.log, self.faults = RequestLog(), Faults()
        self._first_settings = dataclasses.asdict(settings)
        self.tokens = AccessTokens(settings)
        self._control = Control(state, self.log, self.faults, settings, self.tokens)
        self._sign_in = SignIn(settings, state)
        self._graph = graph.Graph(settings, state, self._sign_in, self.log)
        self._batch = graph.Batch(self._graph, self._perform)
        self._emply = EmplyService(settings, state, self.tokens)

    def reset(self) -> None:
        """Everything but the state as at the start: log, faults, settings, what throttling counted."""
        self.settings.change(copy.deepcopy(self._first_settings))
        self.log.clear()
        self.faults.put([])
        self.state.keep_past(0)
        self._graph.reset()
        self._emply.reset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        started = time.perf_counter()
        request = await _read(scope, receive)
        if request.path.startswith(CONTROL):
            if (request.method, request.path) == ("POST", f"{CONTROL}reset"):
                self.reset()
                await _send(send, Answer(204))
            else:
                await _send(send, self._control.answer(request))
            return
        entry = self.log.open(request)
        with self._graph.at_once([request] if request.path.startswith(GRAPH) else []):
            answer = await self._perform(request)
        if delay := self._delay(request, answer):
            await asyncio.sleep(delay)
        if answer.batch is not None:
            entry["batch"] = answer.batch
        self.log.close(entry, started, None if answer.cut else answer.status)
        if answer.cut in ("before", "after-commit"):
            scope["sandbox.transport"].abort()
        else:
            await _send(send, answer)

    def _delay(self, request: Request, answer: Answer) -> float:
        """How many seconds this answer takes besides, as the settings have it. Many answers wait at once."""
        settings = self.settings
        if request.path.startswith(emply.PREFIX):
            return settings.emply_ms / 1000
        if not request.path.startswith(GRAPH):
            return 0
        rows = _rows(answer) if settings.page_ms else 0
        return (settings.graph_ms + settings.page_ms * rows / LARGEST_PAGE) / 1000

    async def _perform(self, request: Request) -> Answer:
        """Serve a request, or an item of a batch, with the fault it gets."""
        fault = request.fault = self.faults.match(request.method, request.path)
        if fault is None:
            return await self._serve(request)
        if fault.delay_ms:
            await self.faults.delay(fault)
        if fault.close == "before":
            return Answer(200, cut="before")
        if fault.status is not None:
            return self._failed(request, fault, fault.status)
        answer = await self._serve(request)
        if fault.close:
            answer.cut = fault.close
        if fault.truncate is not None:
            answer.body = answer.body[: int(len(answer.body) * fault.truncate)]
        return answer

    async def _serve(self, request: Request) -> Answer:
        path = request.path
        if path == BATCH:
            return await self._batch.answer(request)
        if path.startswith(GRAPH):
            return self._graph.answer(request)
        if path.startswith(emply.PREFIX):
            return self._emply.answer(request)
        if path == emply.OPENAPI and request.method == "GET":
            return self._emply.document(request)
        if self._sign_in.serves(path):
            return self._sign_in.answer(request)
        return json_answer(404, {"error": f"nothing is served at {path}"})

    def _failed(self, request: Request, fault: Fault, status: int) -> Answer:
        """The answer of a fault with a status: its own body, else what the service usually says."""
        if fault.body is None:
            if request.path.startswith(GRAPH):
                answer = graph.usual_error(request, status)
            elif request.path.startswith(emply.PREFIX):
                answer = self._emply.usual_error(status)
            else:
                answer = refused(
                    SignInError(
                        status, "temporarily_unavailable", 90033, "A transient error has occurred. Please try again."
                    )
                )
        elif isinstance(fault.body, str):
            kind = "text/html" if fault.body.lstrip().startswith("<") else "text/plain"
            answer = Answer(status, fault.body.encode(), content_type=f"{kind}; charset=utf-8")
        else:
            answer = Answer(status, orjson.dumps(fault.body))
        for name, value in fault.headers.items():
            if name.lower() == "content-type":
                answer.content_type = value
            else:
                answer.headers[name] = str(value)
        return answer


def _rows(answer: Answer) -> int:
    """How many rows Graph's answer has, where it is a list."""
    try:
        return len(orjson.loads(answer.body)["value"])
    except (ValueError, TypeError, KeyError):
        return 0


async def _read(scope: Scope, receive: Receive) -> Request:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        # A header that came twice says both: preferences are sent so.
        before = headers.get(key := name.decode("latin-1"))
        headers[key] = value.decode("latin-1") if before is None else f"{before}, {value.decode('latin-1')}"
    body = b""
    if "content-length" in headers or "transfer-encoding" in headers:
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        body = b"".join(parts)
    query, raw_path = scope["query_string"].decode("latin-1"), scope["raw_path"].decode("latin-1")
    return Request(scope["method"], scope["path"], query, headers, body, raw_path=raw_path)


async def _send(send: Send, answer: Answer) -> None:
    """Send an answer; one that is cut in the middle promises all of the body and breaks off after half of it."""
    headers = {"content-type": answer.content_type} if answer.body else {}
    if answer.status not in (204, 304):
        headers["content-length"] = str(len(answer.body))
    headers |= answer.headers
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        }
    )
    body, cut = answer.body, answer.cut == "mid-body"
    # uvicorn closes a connection whose answer its application left unfinished.
    await send({"type": "http.response.body", "body": body[: len(body) // 2] if cut else body, "more_body": cut})
