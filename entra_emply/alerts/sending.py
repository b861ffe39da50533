"""Sending what is in the outbox: claim, send, record, one after the other. Not here: what is in it (`due`).

An alert is recorded as claimed before it is sent and as sent after it was taken. So none is lost, whatever is killed
and whenever; one is sent twice where the process died, or the answer was lost, between the two.
"""

import time
from collections.abc import Sequence

from entra_emply import clock
from entra_emply.alerts.receivers import Receiver
from entra_emply.ledger import outbox
from entra_emply.ledger.ledger import Ledger


def send_waiting(ledger: Ledger, receivers: Sequence[Receiver], *, seconds: float) -> int:
    """Send what waits, for about so many seconds. Returns the number of alerts that were taken.

    A receiver that does not take one is left alone until its next try: the others do not wait for it. Raises
    LedgerError.
    """
    deadline, taken = time.monotonic() + seconds, 0
    for receiver in receivers:
        while time.monotonic() < deadline:
            claimed = ledger.write(outbox.claim, receiver.id, clock.now())
            if claimed is None or not receiver.take(claimed.alert):
                break
            ledger.write(outbox.sent, claimed, clock.now())
            taken += 1
    return taken
