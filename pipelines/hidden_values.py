"""Keeps values out of what Dagster says of a failed SQL statement: an event's may be a plan, with names in it.

For the processes that write Dagster's events: they call `hide_values` when they begin; nothing happens at import.
"""

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import StatementError


def hide_values() -> None:
    """Let no error of any engine of this process show a statement's values. Repeated, it changes nothing."""
    if not event.contains(Engine, "handle_error", _without_values):
        event.listen(Engine, "handle_error", _without_values)


def _without_values(context: ExceptionContext) -> None:
    if isinstance(context.sqlalchemy_exception, StatementError):
        context.sqlalchemy_exception.hide_parameters = True
