"""Graph: `$batch`, which asks many things in one request. Each item goes the way of a request of its own."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote

import orjson

from sandbox.exchange import Answer, Request, Row, json_answer
from sandbox.graph.errors import GraphError, bad_request, error_answer
from sandbox.graph.service import Graph

LARGEST_BATCH = 20
_FIRST_ERROR = 400
PATH = "/v1.0/$batch"

Perform = Callable[[Request], Awaitable[Answer]]


@dataclass
class Batch:
    """Answers batches; `perform` serves one item, faults included."""

    graph: Graph
    perform: Perform

    async def answer(self, request: Request) -> Answer:
        """Answer one batch. The items are answered in the reverse order: any order is allowed."""
        try:
            self.graph.permissions(request)
            if request.method != "POST":
                raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request "
                                                            "target.")  # fmt: skip
            items = _items(request)
        except GraphError as error:
            return error_answer(request, error)
        answers: dict[str, Answer] = {}
        while waiting := [item for item in items if item["id"] not in answers]:
            answers |= await self._at_once(
                request, [item for item in waiting if _needs(item) <= answers.keys()], answers
            )
            if cut := next((answer.cut for answer in answers.values() if answer.cut), None):
                return Answer(200, cut=cut, batch=_log(items, answers))
        responses = [_response(name, answer) for name, answer in reversed(answers.items())]
        batch = json_answer(200, {"responses": responses})
        batch.batch = _log(items, answers)
        return batch

    async def _at_once(self, batch: Request, items: list[Row], before: dict[str, Answer]) -> dict[str, Answer]:
        """Serve items that need not wait for others any more, all at once: more than one mailbox serves are refused."""
        answers: dict[str, Answer] = {}
        requests: dict[str, Request] = {}
        for item in items:
            if any(before[other].status >= _FIRST_ERROR for other in _needs(item)):
                answers[item["id"]] = error_answer(
                    batch, GraphError(424, "FailedDependency", "A request this one depends on has failed.")
                )
            else:
                requests[item["id"]] = _request(batch, item)
        with self.graph.at_once(list(requests.values())):
            served = await asyncio.gather(*map(self.perform, requests.values()))
        return answers | dict(zip(requests, served, strict=True))


def _needs(item: Row) -> set[str]:
    return {str(other) for other in item.get("dependsOn") or ()}


def _items(request: Request) -> list[Row]:
    try:
        document = cast("Any", request.json())
        items: list[Row] = document["requests"]
        names = [str(item["id"]) for item in items]
        well_formed = all(isinstance(item["method"], str) and isinstance(item["url"], str) for item in items)
    except (ValueError, KeyError, TypeError):
        well_formed, items, names = False, [], []
    if not well_formed:
        raise bad_request("Invalid batch payload format.", "BadRequest")
    if len(items) > LARGEST_BATCH:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {LARGEST_BATCH}.", "BadRequest")
    if len({name.lower() for name in names}) < len(names):
        raise bad_request("Request Id has to be unique in a batch.", "BadRequest")
    for n, item in enumerate(items):
        item["id"] = names[n]
        if not _needs(item) <= set(names[:n]):
            raise bad_request(f"Request id: {names[n]} depends on a request that is not before it.", "BadRequest")
        if item.get("body") is not None and "content-type" not in {name.lower() for name in item.get("headers") or ()}:
            raise bad_request(
                f"Write request id : {names[n]} does not contain Content-Type header or body.", "BadRequest"
            )
    return items


def _request(batch: Request, item: Row) -> Request:
    path, _, query = item["url"].partition("?")
    path = f"/v1.0/{path.lstrip('/').removeprefix('v1.0/')}"
    headers = {
        "host": batch.host,
        "authorization": batch.headers.get("authorization", ""),
        **{str(name).lower(): str(value) for name, value in (item.get("headers") or {}).items()},
    }
    body = item.get("body")
    content = b"" if body is None else body.encode() if isinstance(body, str) else orjson.dumps(body)
    return Request(item["method"].upper(), unquote(path), query, headers, content, raw_path=path)


def _response(name: str, answer: Answer) -> Row:
    response: Row = {
        "id": name,
        "status": answer.status,
        "headers": {**answer.headers, "Content-Type": answer.content_type},
    }
    if answer.body:
        response["body"] = _body(answer)
    return response


def _body(answer: Answer) -> object:
    """JSON as it is, text as a string, anything else (a photo) as base64."""
    if not answer.content_type.startswith(("application/json", "text/")):
        return base64.b64encode(answer.body).decode()
    try:
        return orjson.loads(answer.body)
    except ValueError:
        return answer.body.decode("utf-8", "replace")


def _log(items: list[Row], answers: dict[str, Answer]) -> list[Row]:
    return [{"id": item["id"], "method": item["method"], "url": item["url"],
             "status": None if answers[item["id"]].cut else answers[item["id"]].status}
            for item in items if item["id"] in answers]  # fmt: skip
