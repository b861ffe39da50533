"""Signing in and out: with Entra, or with the token that the command printed."""

from starlette.responses import RedirectResponse, Response

from entra_emply.connectors.answer import RequestFailed
from entra_emply.console.console import BACK
from entra_emply.console.page_request import PageRequest
from entra_emply.errors import CredentialsError

_FLOW = "entra-emply-sign-in"
_MINUTES_10 = 600
_WRONG = "That token is not the one of now. Each is good once; the console printed the next one where it runs."


def show(request: PageRequest) -> Response:
    """The page; with the right token, at once the first page."""
    if request.session is not None:
        return request.to("/")
    token = request.form.get("token") or request.query.get("token")
    if token is None:
        return request.page("sign_in.html.jinja", wrong="")
    return _by_token(request, token)


def with_entra(request: PageRequest) -> Response:
    """Send the browser to Entra."""
    entra = request.console.security.entra
    if entra is None:
        return request.to("/sign-in")
    try:
        address, browser = entra.begin()
    except (CredentialsError, RequestFailed) as error:
        return request.refused(502, "Entra does not sign anybody in now", str(error))
    answer = RedirectResponse(address, 303)
    # `none`: Entra's page posts the answer from another site.
    answer.set_cookie(
        _FLOW, browser, _MINUTES_10, path=f"{request.root}{BACK}", httponly=True, secure=True, samesite="none"
    )
    return answer


def back(request: PageRequest) -> Response:
    """Take the browser back from Entra."""
    entra = request.console.security.entra
    if entra is None:
        return request.to("/sign-in")
    try:
        person = entra.finish(request.http.cookies.get(_FLOW, ""), dict(request.form))
    except (CredentialsError, RequestFailed) as error:
        return request.refused(403, "You are not signed in", str(error))
    if not person.reader:
        text = f"{person.name} is signed in to Entra, but has neither the role Reader nor Approver in this application."
        return request.refused(403, "You have no role here", text)
    answer = request.to("/")
    request.console.security.sessions.begin(answer, person.name, approver=person.approver)
    answer.delete_cookie(_FLOW, path=f"{request.root}{BACK}")
    return answer


def out(request: PageRequest) -> Response:
    """End the session."""
    answer = request.to("/sign-in")
    request.console.security.sessions.end(request.who, answer)
    return answer


def _by_token(request: PageRequest, token: str) -> Response:
    security = request.console.security
    if security.token is None:
        return request.to("/sign-in")
    if security.token.use(token):
        answer = request.to("/")
        security.sessions.begin(answer, security.account, approver=True)
        return answer
    if not security.sign_ins.allows("token"):
        return request.page("sign_in.html.jinja", 429, wrong="Too many wrong tokens. Wait a minute.")
    return request.page("sign_in.html.jinja", 403, wrong=_WRONG)
