"""Signing in and out: with Entra, or with the token that the command printed."""

from starlette.responses import RedirectResponse, Response

from entra_emply.connectors.answer import RequestFailed
from entra_emply.console.asked import Asked
from entra_emply.console.console import BACK
from entra_emply.errors import CredentialsError

_FLOW = "entra-emply-sign-in"
_MINUTES_10 = 600
_WRONG = "That token is not the one of now. Each is good once; the console printed the next one where it runs."


def show(asked: Asked) -> Response:
    """The page; with the right token, at once the first page."""
    if asked.session is not None:
        return asked.to("/")
    token = asked.form.get("token") or asked.query.get("token")
    if token is None:
        return asked.page("sign_in.html.jinja", wrong="")
    return _by_token(asked, token)


def with_entra(asked: Asked) -> Response:
    """Send the browser to Entra."""
    entra = asked.console.security.entra
    if entra is None:
        return asked.to("/sign-in")
    try:
        address, browser = entra.begin()
    except (CredentialsError, RequestFailed) as error:
        return asked.refused(502, "Entra does not sign anybody in now", str(error))
    answer = RedirectResponse(address, 303)
    # `none`: Entra's page posts the answer from another site.
    answer.set_cookie(
        _FLOW, browser, _MINUTES_10, path=f"{asked.root}{BACK}", httponly=True, secure=True, samesite="none"
    )
    return answer


def back(asked: Asked) -> Response:
    """Take the browser back from Entra."""
    entra = asked.console.security.entra
    if entra is None:
        return asked.to("/sign-in")
    try:
        person = entra.finish(asked.request.cookies.get(_FLOW, ""), dict(asked.form))
    except (CredentialsError, RequestFailed) as error:
        return asked.refused(403, "You are not signed in", str(error))
    if not person.reader:
        text = f"{person.name} is signed in to Entra, but has neither the role Reader nor Approver in this application."
        return asked.refused(403, "You have no role here", text)
    answer = asked.to("/")
    asked.console.security.sessions.begin(answer, person.name, approver=person.approver)
    answer.delete_cookie(_FLOW, path=f"{asked.root}{BACK}")
    return answer


def out(asked: Asked) -> Response:
    """End the session."""
    answer = asked.to("/sign-in")
    asked.console.security.sessions.end(asked.who, answer)
    return answer


def _by_token(asked: Asked, token: str) -> Response:
    security = asked.console.security
    if security.token is None:
        return asked.to("/sign-in")
    if security.token.use(token):
        answer = asked.to("/")
        security.sessions.begin(answer, security.account, approver=True)
        return answer
    if not security.sign_ins.allows("token"):
        return asked.page("sign_in.html.jinja", 429, wrong="Too many wrong tokens. Wait a minute.")
    return asked.page("sign_in.html.jinja", 403, wrong=_WRONG)
