"""Health: what `doctor` finds, with until when credentials are good. It is looked at when somebody asks."""

from collections import Counter

from starlette.responses import Response

from entra_emply.console.page_request import PageRequest


def show(request: PageRequest) -> Response:
    """The page, with what was found last; posted to, it looks now."""
    health = request.console.health
    examined = health.look() if request.http.method == "POST" else health.last
    counts = Counter(check.status for check in examined.checks) if examined else Counter[str]()
    template = "checks.html.jinja" if request.part else "health.html.jinja"
    return request.page(template, examined=examined, counts=counts)
