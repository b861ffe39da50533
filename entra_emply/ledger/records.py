"""What applying asks the ledger while it runs, through the session that holds the lock. Nothing is written here."""

from sqlalchemy import select

from entra_emply.ledger.database import LockedSession
from entra_emply.ledger.tables import calendars, links


class LedgerRecords:
    """The ledger's memory, as `effects` see it; each question is a transaction. Raises LedgerError."""

    def __init__(self, session: LockedSession) -> None:
        self._session = session

    def linked_to(self, emply_user_id: str) -> str | None:
        """The Entra user that an Emply user is linked to."""
        query = select(links.c.entra_id).where(links.c.emply_user_id == emply_user_id)
        with self._session.transaction() as connection:
            return connection.execute(query).scalar_one_or_none()

    def calendars_of(self, entra_id: str, external_id: str, *, detached: bool) -> list[str]:
        """The ids of the Emply calendars recorded for a calendar of an Entra user, sorted."""
        of_it = (calendars.c.entra_id == entra_id, calendars.c.external_id == external_id)
        query = select(calendars.c.calendar_id).where(*of_it, calendars.c.detached.is_(detached))
        with self._session.transaction() as connection:
            return list(connection.execute(query.order_by(calendars.c.calendar_id)).scalars())
