"""The audit trail: a line in the log and in the ledger for everybody looked up and everything decided, by whom."""

import logging

from entra_emply.console.page_request import PageRequest
from entra_emply.ledger.audit import Did, record

log = logging.getLogger(__name__)


def audit(request: PageRequest, did: Did, about: str) -> None:
    """Add a line. `about` is an id; what was seen is not in it."""
    request.console.ledger.write(record, by=request.who.name, did=did, about=about)
    log.info("%s %s %s", request.who.name, did, about)
