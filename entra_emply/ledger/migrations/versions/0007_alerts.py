"""What alerts are made of, and the outbox from which they are sent."""

from alembic import op

revision = "0007"
down_revision = "0006"

_CHANGES = """
CREATE TABLE entra_emply.standing_findings (
    code text,
    whose text,
    severity text NOT NULL,
    subject text,
    object text,
    plan_no bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (code, whose)
);
CREATE TABLE entra_emply.credentials (
    name text PRIMARY KEY,
    ends_at timestamptz,
    looked_at timestamptz NOT NULL
);
CREATE TABLE entra_emply.alerts (
    key text,
    receiver text,
    kind text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL,
    tries integer NOT NULL,
    next_try_at timestamptz NOT NULL,
    sent_at timestamptz,
    PRIMARY KEY (key, receiver)
);
ALTER TABLE entra_emply.failures ADD COLUMN serious_plan_no bigint;
CREATE INDEX actions_action_id ON entra_emply.actions (action_id, plan_no);
"""


def upgrade() -> None:
    """Make the tables, the column and the index."""
    op.get_bind().exec_driver_sql(_CHANGES, execution_options={"no_parameters": True})
