"""The audit trail: a line in the log and in the ledger for everybody looked up and everything decided, by whom."""

import logging

from entra_emply.console.asked import Asked
from entra_emply.ledger.audit import Did, record

log = logging.getLogger(__name__)


def audit(asked: Asked, did: Did, about: str) -> None:
    """Add a line. `about` is an id; what was seen is not in it."""
    asked.console.ledger.write(record, by=asked.who.name, did=did, about=about)
    log.info("%s %s %s", asked.who.name, did, about)
