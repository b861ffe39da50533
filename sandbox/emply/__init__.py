"""Emply People's API, as `service` and one module an area. What its two APIs differ in is `style` and `access`."""

from sandbox.emply.access import AccessTokens
from sandbox.emply.service import OPENAPI, PREFIX, EmplyService

__all__ = ["OPENAPI", "PREFIX", "AccessTokens", "EmplyService"]
