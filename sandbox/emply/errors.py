"""Emply's errors, in the shape that the style has for them."""

from sandbox.emply.style import Style
from sandbox.exchange import Answer, Row, json_answer

_USUAL = {
    400: ("bad_request", "The request cannot be read."),
    401: ("unauthorized", "The API key is unknown or not active."),
    403: ("forbidden", "The API key's roles do not cover this area."),
    404: ("not_found", "There is no such address."),
    405: ("method_not_allowed", "This address does not take this method."),
    409: ("conflict", "The value is in use."),
    422: ("invalid", "A value is not valid."),
    429: ("too_many_requests", "Too many requests."),
    500: ("internal_error", "Something went wrong."),
    503: ("unavailable", "The service is not available."),
}


class EmplyError(Exception):
    """A request that Emply refuses. `fields` says for each bad value what is wrong with it."""

    def __init__(
        self,
        status: int,
        message: str | None = None,
        *,
        code: str | None = None,
        fields: Row | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        usual_code, usual_message = _USUAL.get(status, ("error", "The request failed."))
        super().__init__(message or usual_message)
        self.status, self.code, self.message = status, code or usual_code, message or usual_message
        self.fields, self.headers = fields, headers or {}


def error_answer(error: EmplyError, style: Style) -> Answer:
    """The answer that carries an error."""
    if style.problems:
        errors = {"errors": {name: [words] for name, words in error.fields.items()}} if error.fields else {}
        problem = {"status": error.status, "title": error.message, "code": error.code, **errors}
        return json_answer(error.status, problem, error.headers, "application/problem+json")
    body: Row = {"code": error.code, "message": error.message}
    if error.fields:
        body["fields"] = error.fields
    return json_answer(error.status, {"error": body}, error.headers)


def usual_error(status: int, style: Style) -> Answer:
    """What Emply usually says with this status: the body of a fault that has none."""
    return error_answer(EmplyError(status), style)
