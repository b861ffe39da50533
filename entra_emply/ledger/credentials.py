"""Until when the credentials are good, as it was last looked up. No secret is here. Not here: looking it up."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from entra_emply.ledger.tables import credentials


def looked_at(connection: Connection) -> datetime | None:
    """When it was last looked up; None where it never was."""
    return connection.execute(select(func.max(credentials.c.looked_at))).scalar_one()


def record(connection: Connection, ends: Mapping[str, datetime | None], now: datetime) -> None:
    """Record the ends, None for those that cannot be known. A credential that could not be asked for keeps its end."""
    if not ends:
        return
    new = insert(credentials)
    rows = [{"name": name, "ends_at": at, "looked_at": now} for name, at in ends.items()]
    changed = {name: new.excluded[name] for name in ("ends_at", "looked_at")}
    connection.execute(new.on_conflict_do_update(index_elements=[credentials.c.name], set_=changed), rows)
