"""Lists that go on from an earlier read: when a run reads them whole, where their cursors are kept, what the UI shows.

How an earlier read is continued is `connectors.entra.tracking`; which one, `extraction.bases`.
"""

from dagster import AssetExecutionContext

from assets.partitions import is_of_backfill
from assets.resources import Connections
from entra_emply.connectors.reads import Certificate, MultiRead, Read
from entra_emply.extraction.bases import cursor_of

FULL_READ = "entra-emply/full-read"
"""Run tag: every list is read whole, whatever earlier reads there are (`sync --full`)."""


def why_read_whole(context: AssetExecutionContext) -> str:
    """Why this run reads every list whole; empty where it need not."""
    if is_of_backfill(context.run):
        return "a backfill goes on from no earlier read"
    return "it was asked for (--full)" if FULL_READ in context.run.tags else ""


def keep_cursor(context: AssetExecutionContext, connections: Connections, read: Read | MultiRead) -> None:
    """Store where the next read may go on, after the frame that it belongs to: if a step is tried again and killed in
    between, its frame is newer than its cursor, and is told some changes once more. Neither counts before the run is
    complete."""
    if read.cursor is not None:
        connections.frames.write(context.run_id, cursor_of(read.certificate.source), read.cursor)


def continued(certificate: Certificate) -> dict[str, str]:
    """What a certificate says of the read that was continued, or why none was."""
    said = {"base_run": certificate.base, "token": certificate.token, "read_whole_because": certificate.doubt}
    return {name: value for name, value in said.items() if value}
