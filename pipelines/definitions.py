"""Everything Dagster is told, made by one function. What is in it is elsewhere."""

import warnings
from typing import Any

from dagster import BetaWarning, Definitions, PreviewWarning, load_assets_from_modules
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import StatementError

from assets import emply, entra, reconciliation
from assets import mailboxes as following
from assets import provisioning as ledger
from assets.io_manager import FramesIOManager
from assets.resources import Connections
from pipelines.jobs import apply, approve, reload_settings, retention, sync
from pipelines.triggers import alert_on_failure, apply_after_sync, every_30_minutes, every_night, settings_changed

# Used knowingly: Dagster is pinned to its minor version.
warnings.filterwarnings("ignore", category=BetaWarning)
warnings.filterwarnings("ignore", category=PreviewWarning)


@event.listens_for(Engine, "handle_error")
def _without_values(context: ExceptionContext) -> None:
    """Dagster writes a failed statement of its own, with its values, into logs: an event's may be a plan's table."""
    if isinstance(context.sqlalchemy_exception, StatementError):
        context.sqlalchemy_exception.hide_parameters = True


def build_defs(**resources: Any) -> Definitions:  # noqa: ANN401 (as Dagster's resources)
    """The definitions; `resources` take the place of those of the same name (`connections`, `io_manager`)."""
    connections = Connections()
    return Definitions(
        assets=load_assets_from_modules([entra, emply, following, reconciliation, ledger]),
        jobs=[sync, apply, approve, reload_settings, retention],
        schedules=[every_30_minutes, every_night],
        sensors=[apply_after_sync, settings_changed, alert_on_failure],
        resources={"connections": connections, "io_manager": FramesIOManager()} | resources,
    )


defs = build_defs()
