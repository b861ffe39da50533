"""A path prefix: a proxy may serve the console under one, and may take it off the path or leave it on."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Prefix:
    """Middleware that has the routes see the path behind the prefix."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as if there were no prefix."""
        if scope["type"] == "http" and self._prefix:
            path = scope["path"]
            whole = path if path == self._prefix or path.startswith(f"{self._prefix}/") else f"{self._prefix}{path}"
            scope = {**scope, "path": whole, "root_path": self._prefix}
        await self._app(scope, receive, send)
