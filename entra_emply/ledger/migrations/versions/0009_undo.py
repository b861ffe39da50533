"""Requests to undo what was applied, and who asked for one in the console."""

from alembic import op

revision = "0009"
down_revision = "0008"

_CHANGES = """
CREATE TABLE entra_emply.undo_requests (
    request_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text NOT NULL,
    kind text NOT NULL,
    entra_id text NOT NULL,
    emply_user_id text NOT NULL,
    before json NOT NULL,
    after json NOT NULL,
    undone_plan_id text NOT NULL,
    undone_action_id text NOT NULL,
    by text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ending text,
    why text,
    CONSTRAINT undo_requests_ending CHECK (ending IN ('applied', 'stopped', 'expired')),
    CONSTRAINT undo_requests_ended CHECK ((ended_at IS NULL) = (ending IS NULL))
);
CREATE UNIQUE INDEX undo_requests_open ON entra_emply.undo_requests (emply_user_id, kind) WHERE ended_at IS NULL;
CREATE INDEX undo_requests_undone ON entra_emply.undo_requests (undone_action_id);
ALTER TABLE entra_emply.console_audit DROP CONSTRAINT console_audit_did;
ALTER TABLE entra_emply.console_audit ADD CONSTRAINT console_audit_did
    CHECK (did IN ('looked_up', 'approved', 'refused', 'released', 'undid'));
"""


def upgrade() -> None:
    """Make the table, and let the audit tell of it."""
    op.get_bind().exec_driver_sql(_CHANGES, execution_options={"no_parameters": True})
