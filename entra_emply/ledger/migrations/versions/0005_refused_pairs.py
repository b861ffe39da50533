"""Pairs that a person said are not the same one, and links by another address (M3b)."""

from alembic import op

revision = "0005"
down_revision = "0004"

_CHANGES = """
CREATE TABLE entra_emply.refused (
    entra_id text NOT NULL,
    emply_user_id text NOT NULL,
    by text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (entra_id, emply_user_id)
);
ALTER TABLE entra_emply.links DROP CONSTRAINT links_matched_by;
ALTER TABLE entra_emply.links ADD CONSTRAINT links_matched_by
    CHECK (matched_by IN ('username', 'email', 'address', 'created'));
"""


def upgrade() -> None:
    """Make the table, and let links be by an address."""
    op.get_bind().exec_driver_sql(_CHANGES, execution_options={"no_parameters": True})
