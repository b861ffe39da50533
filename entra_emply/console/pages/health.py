"""Health: what `doctor` finds, with until when credentials are good. It is looked at when somebody asks."""

from collections import Counter

from starlette.responses import Response

from entra_emply.console.asked import Asked


def show(asked: Asked) -> Response:
    """The page, with what was found last; posted to, it looks now."""
    health = asked.console.health
    examined = health.look() if asked.request.method == "POST" else health.last
    counts = Counter(check.status for check in examined.checks) if examined else Counter[str]()
    template = "checks.html.jinja" if asked.part else "health.html.jinja"
    return asked.page(template, examined=examined, counts=counts)
