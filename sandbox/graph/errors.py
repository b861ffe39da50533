"""Graph's errors, in Graph's shape. When they arise is said where they arise."""

import uuid
from datetime import UTC, datetime

from sandbox.exchange import Answer, Request, Row, json_answer

_CODES = {
    400: ("Request_BadRequest", "The request is invalid."),
    401: ("InvalidAuthenticationToken", "Access token is empty."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: ("Request_ResourceNotFound", "The resource does not exist."),
    410: ("resyncRequired", "The delta token is no longer valid, and the application must reset the sync state."),
    429: ("TooManyRequests", "Too many requests."),
    500: ("InternalServerError", "An internal server error occurred. The operation failed."),
    502: ("BadGateway", "Failed to execute backend request."),
    503: ("ServiceUnavailable", "Service Unavailable"),
    504: ("UnknownError", "Gateway Timeout"),
}


class GraphError(Exception):
    """A request that Graph refuses. `details` are more errors, each with a code, a message and a target."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None,
        details: list[Row] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}
        self.details = details


def bad_request(message: str, code: str = "Request_BadRequest") -> GraphError:
    """400 with the given message."""
    return GraphError(400, code, message)


def not_found(name: str) -> GraphError:
    """404 for an object that is not there."""
    return GraphError(
        404, "Request_ResourceNotFound",
        f"Resource '{name}' does not exist or one of its queried reference-property objects are not present.",
    )  # fmt: skip


def access_denied() -> GraphError:
    """403 as Outlook says it."""
    return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def error_answer(request: Request, error: GraphError) -> Answer:
    """The answer that carries an error."""
    request_id = str(uuid.uuid4())
    client_request_id = request.headers.get("client-request-id", request_id)
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id,
    }
    details = {"details": error.details} if error.details else {}
    body = {"error": {"code": error.code, "message": error.message, **details, "innerError": inner}}
    return json_answer(
        error.status, body, {"request-id": request_id, "client-request-id": client_request_id, **error.headers}
    )


def usual_error(request: Request, status: int) -> Answer:
    """What Graph usually says with this status: the body of a fault that has none."""
    code, message = _CODES.get(status, ("UnknownError", ""))
    return error_answer(request, GraphError(status, code, message))
