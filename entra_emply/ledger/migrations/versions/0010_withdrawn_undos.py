"""Requests to undo that somebody withdrew, and who did so in the console."""

from alembic import op

revision = "0010"
down_revision = "0009"

_CHANGES = """
ALTER TABLE entra_emply.undo_requests ADD COLUMN withdrawn_by text;
ALTER TABLE entra_emply.undo_requests DROP CONSTRAINT undo_requests_ending;
ALTER TABLE entra_emply.undo_requests ADD CONSTRAINT undo_requests_ending
    CHECK (ending IN ('applied', 'stopped', 'expired', 'withdrawn'));
ALTER TABLE entra_emply.undo_requests ADD CONSTRAINT undo_requests_withdrawn
    CHECK ((withdrawn_by IS NULL) = (ending IS DISTINCT FROM 'withdrawn'));
ALTER TABLE entra_emply.console_audit DROP CONSTRAINT console_audit_did;
ALTER TABLE entra_emply.console_audit ADD CONSTRAINT console_audit_did
    CHECK (did IN ('looked_up', 'approved', 'refused', 'released', 'undid', 'withdrew'));
"""


def upgrade() -> None:
    """Add who withdrew, and let the audit tell of it."""
    op.get_bind().exec_driver_sql(_CHANGES, execution_options={"no_parameters": True})
