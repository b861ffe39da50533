"""Who looked up whom in the console, and who approved, refused and released there."""

from alembic import op

revision = "0008"
down_revision = "0007"

_CHANGES = """
CREATE TABLE entra_emply.console_audit (
    audit_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    by text NOT NULL,
    did text NOT NULL,
    about text NOT NULL,
    CONSTRAINT console_audit_did CHECK (did IN ('looked_up', 'approved', 'refused', 'released'))
);
CREATE INDEX console_audit_at ON entra_emply.console_audit (at);
"""


def upgrade() -> None:
    """Make the table."""
    op.get_bind().exec_driver_sql(_CHANGES, execution_options={"no_parameters": True})
