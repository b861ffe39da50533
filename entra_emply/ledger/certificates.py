"""What the runs read: a certificate for each complete read of a source, and the last one that a plan was made of (G5).

Not here: whether a read is believed (`reconciliation.completeness`).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, exists, select
from sqlalchemy.dialects.postgresql import insert

from entra_emply.ledger import migrate
from entra_emply.ledger.tables import read_certificates
from entra_emply.reconciliation.completeness import Counted

if TYPE_CHECKING:
    from entra_emply.connectors.reads import Certificate


def record(connection: Connection, run_id: str, certificate: "Certificate") -> None:
    """Record one complete read of a run. A second read of the same source replaces it."""
    values = {
        "run_id": run_id,
        "source": certificate.source,
        "pages": certificate.pages,
        "rows": certificate.rows,
        "sha256": certificate.sha256,
        "started_at": certificate.started_at,
        "ended_at": certificate.ended_at,
        "accepted_at": None,
        "parts": dict(certificate.parts),
    }
    key = [read_certificates.c.run_id, read_certificates.c.source]
    connection.execute(insert(read_certificates).values(values).on_conflict_do_update(index_elements=key, set_=values))


def reads_of(connection: Connection, run_id: str) -> dict[str, Counted]:
    """The complete reads of a run, by source."""
    return _counted(connection, read_certificates.c.run_id == run_id)


def times_of(connection: Connection, run_id: str) -> dict[str, tuple[datetime, datetime]]:
    """From when to when a run read each source (UTC)."""
    columns = (read_certificates.c[name] for name in ("source", "started_at", "ended_at"))
    found = connection.execute(select(*columns).where(read_certificates.c.run_id == run_id))
    return {row.source: (row.started_at, row.ended_at) for row in found}


def baselines(connection: Connection) -> dict[str, Counted]:
    """The last accepted read by source (G5); empty where the schema does not exist."""
    return _counted(connection, last_accepted()) if migrate.exists(connection) else {}


def not_accepted(connection: Connection) -> frozenset[str]:
    """The sources whose last read no plan was made of: it was refused (G5), or its run came to nothing. None where the
    schema does not exist.
    """
    if not migrate.exists(connection):
        return frozenset()
    columns = read_certificates.c
    later = read_certificates.alias()
    read_later = exists().where(later.c.source == columns.source, later.c.ended_at > columns.ended_at)
    return frozenset(connection.scalars(select(columns.source).where(columns.accepted_at.is_(None), ~read_later)))


def _counted(connection: Connection, which: ColumnElement[bool]) -> dict[str, Counted]:
    columns = (read_certificates.c[name] for name in ("source", "rows", "parts"))
    found = connection.execute(select(*columns).where(which))
    return {row.source: Counted(row.rows, row.parts) for row in found}


def last_accepted() -> ColumnElement[bool]:
    """Whether a certificate is its source's last that a plan was made of."""
    later = read_certificates.alias()
    accepted_later = exists().where(
        later.c.source == read_certificates.c.source, later.c.accepted_at > read_certificates.c.accepted_at
    )
    return read_certificates.c.accepted_at.is_not(None) & ~accepted_later
