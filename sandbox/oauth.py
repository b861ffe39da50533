"""What Entra says when it refuses a sign-in. When it does so is said where it does."""

import uuid
from datetime import UTC, datetime

from sandbox.exchange import Answer, json_answer


class SignInError(Exception):
    """A request for a token that Entra refuses: HTTP status, OAuth error, AADSTS number and text."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.number, self.text = status, error, number, text


def refused(refusal: SignInError) -> Answer:
    """The token endpoint's answer to a request it refuses."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    return json_answer(refusal.status, {
        "error": refusal.error,
        "error_description": f"AADSTS{refusal.number}: {refusal.text} Trace ID: {trace} Correlation ID: {correlation} "
                             f"Timestamp: {now}",
        "error_codes": [refusal.number], "timestamp": now, "trace_id": trace, "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={refusal.number}",
    })  # fmt: skip


def need(form: dict[str, str], name: str) -> None:
    """Raise `SignInError` where a parameter is missing or empty."""
    if not form.get(name):
        raise SignInError(
            400, "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
        )


def unknown_application(client: str, tenant: str | None) -> SignInError:
    """The error for a client that is not the registered one."""
    return SignInError(
        400, "unauthorized_client", 700016,
        f"Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant.",
    )  # fmt: skip
