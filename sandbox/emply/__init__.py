"""Emply People's API v1, as `service` and one module an area."""

from sandbox.emply.errors import usual_error
from sandbox.emply.service import PREFIX, EmplyService

__all__ = ["PREFIX", "EmplyService", "usual_error"]
