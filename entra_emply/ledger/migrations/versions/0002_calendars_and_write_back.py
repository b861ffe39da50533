"""What is remembered of photos, calendars, events and deleted Entra users; what plans and outcomes say of them."""

from alembic import op

revision = "0002"
down_revision = "0001"

_TABLES = """
CREATE TABLE entra_emply.photo_etags (
    emply_user_id text PRIMARY KEY REFERENCES entra_emply.links (emply_user_id) ON DELETE CASCADE,
    etag text NOT NULL
);

CREATE TABLE entra_emply.calendars (
    calendar_id text PRIMARY KEY,
    entra_id text NOT NULL,
    external_id text NOT NULL,
    detached boolean NOT NULL
);
CREATE INDEX calendars_external ON entra_emply.calendars (entra_id, external_id);

CREATE TABLE entra_emply.event_pairs (
    emply_event_id text PRIMARY KEY,
    external_id text NOT NULL,
    entra_id text NOT NULL,
    calendar_external_id text NOT NULL
);

CREATE TABLE entra_emply.deleted_users (
    entra_id text,
    employee_id text,
    at timestamptz NOT NULL,
    PRIMARY KEY (entra_id, employee_id)
);

ALTER TABLE entra_emply.plans ADD COLUMN window_start text, ADD COLUMN window_end text;
ALTER TABLE entra_emply.actions ADD COLUMN employee_id text;
ALTER TABLE entra_emply.outcomes RENAME COLUMN emply_user_id TO object_id;
"""


def upgrade() -> None:
    """Make the tables and columns."""
    op.get_bind().exec_driver_sql(_TABLES, execution_options={"no_parameters": True})
