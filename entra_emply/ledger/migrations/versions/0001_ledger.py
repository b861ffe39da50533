"""The ledger's first tables. A migration is never edited once released: changes are new migrations."""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = """
CREATE TABLE entra_emply.installation (
    one boolean DEFAULT true PRIMARY KEY CONSTRAINT installation_one CHECK (one),
    tenant_id text NOT NULL,
    customer text NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE TABLE entra_emply.counters (
    one boolean DEFAULT true PRIMARY KEY CONSTRAINT counters_one CHECK (one),
    epoch bigint NOT NULL,
    runs bigint NOT NULL
);
INSERT INTO entra_emply.counters (epoch, runs) VALUES (0, 0);

CREATE TABLE entra_emply.mapping_versions (
    version text PRIMARY KEY,
    document text NOT NULL,
    first_seen_at timestamptz NOT NULL
);

CREATE TABLE entra_emply.read_certificates (
    run_id text,
    source text,
    pages integer NOT NULL,
    rows bigint NOT NULL,
    sha256 text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    accepted_at timestamptz,
    PRIMARY KEY (run_id, source)
);
CREATE INDEX read_certificates_accepted ON entra_emply.read_certificates (source, accepted_at);

CREATE TABLE entra_emply.plans (
    plan_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id text NOT NULL,
    run_id text NOT NULL UNIQUE,
    day date NOT NULL,
    origin text NOT NULL CONSTRAINT plans_origin CHECK (origin IN ('sync', 'backfill')),
    mapping_version text NOT NULL,
    created_at timestamptz NOT NULL,
    read_at timestamptz NOT NULL,
    epoch bigint NOT NULL,
    configured_groups text[] NOT NULL,
    room_groups text[] NOT NULL,
    nested_groups boolean NOT NULL,
    claimed_at timestamptz,
    finished_at timestamptz,
    ending text CONSTRAINT plans_ending CHECK (ending IN ('done', 'stopped', 'interrupted')),
    CONSTRAINT plans_claimed CHECK (origin = 'sync' OR claimed_at IS NULL),
    CONSTRAINT plans_finished CHECK ((finished_at IS NULL) = (ending IS NULL)),
    CONSTRAINT plans_order CHECK (finished_at IS NULL OR claimed_at IS NOT NULL)
);
CREATE INDEX plans_plan_id ON entra_emply.plans (plan_id);

CREATE TABLE entra_emply.actions (
    plan_no bigint REFERENCES entra_emply.plans,
    action_id text,
    position integer NOT NULL,
    target text NOT NULL CONSTRAINT actions_target CHECK (target IN ('emply', 'entra', 'ledger')),
    kind text NOT NULL,
    rule text NOT NULL,
    entra_id text,
    emply_user_id text,
    subject text,
    before json,
    after json,
    reason text,
    held_by text NOT NULL,
    own_guards text NOT NULL,
    groups text NOT NULL,
    PRIMARY KEY (plan_no, action_id)
);

CREATE TABLE entra_emply.plan_role_states (
    plan_no bigint REFERENCES entra_emply.plans,
    entra_id text,
    group_id text,
    role_id text,
    PRIMARY KEY (plan_no, entra_id, group_id)
);

CREATE TABLE entra_emply.attempts (
    attempt_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_no bigint NOT NULL,
    action_id text NOT NULL,
    started_at timestamptz NOT NULL,
    FOREIGN KEY (plan_no, action_id) REFERENCES entra_emply.actions
);
CREATE INDEX attempts_action ON entra_emply.attempts (plan_no, action_id);

CREATE TABLE entra_emply.outcomes (
    attempt_no bigint PRIMARY KEY REFERENCES entra_emply.attempts,
    at timestamptz NOT NULL,
    result text NOT NULL
        CONSTRAINT outcomes_result CHECK (result IN ('applied', 'failed', 'superseded', 'interrupted')),
    code text,
    emply_user_id text
);

CREATE TABLE entra_emply.links (
    entra_id text PRIMARY KEY,
    emply_user_id text NOT NULL UNIQUE,
    matched_by text NOT NULL CONSTRAINT links_matched_by CHECK (matched_by IN ('username', 'email', 'created')),
    at timestamptz NOT NULL
);

CREATE TABLE entra_emply.role_states (
    emply_user_id text REFERENCES entra_emply.links (emply_user_id) ON DELETE CASCADE,
    group_id text,
    role_id text,
    PRIMARY KEY (emply_user_id, group_id)
);

CREATE TABLE entra_emply.group_ids (
    group_name text PRIMARY KEY,
    group_id text NOT NULL
);

CREATE TABLE entra_emply.group_counts (
    group_id text PRIMARY KEY,
    members bigint NOT NULL CONSTRAINT group_counts_members CHECK (members > 0),
    plan_no bigint NOT NULL
);

CREATE TABLE entra_emply.deactivations (
    emply_user_id text PRIMARY KEY,
    at timestamptz NOT NULL,
    approved boolean NOT NULL
);

CREATE TABLE entra_emply.grants (
    entra_id text,
    at timestamptz,
    approved boolean NOT NULL,
    PRIMARY KEY (entra_id, at)
);

CREATE TABLE entra_emply.approvals (
    approval_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text NOT NULL,
    plan_id text NOT NULL,
    by text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    ending text CONSTRAINT approvals_ending CHECK (ending IN ('applied', 'left', 'expired')),
    CONSTRAINT approvals_used CHECK ((used_at IS NULL) = (ending IS NULL))
);
CREATE UNIQUE INDEX approvals_unused ON entra_emply.approvals (action_id) WHERE used_at IS NULL;

CREATE TABLE entra_emply.failures (
    action_id text PRIMARY KEY,
    failures integer NOT NULL CONSTRAINT failures_failures CHECK (failures > 0),
    next_run bigint NOT NULL,
    code text NOT NULL,
    at timestamptz NOT NULL,
    quarantined_at timestamptz
);

CREATE TABLE entra_emply.releases (
    release_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text NOT NULL,
    failures integer NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL
);
"""

# What was tried and what came of it is evidence: rows are added, and only retention, which says so in a setting of
# its transaction, takes them away.
_APPEND_ONLY = """
CREATE FUNCTION entra_emply.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('entra_emply.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON entra_emply.attempts
    FOR EACH ROW EXECUTE FUNCTION entra_emply.refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON entra_emply.attempts
    FOR EACH STATEMENT EXECUTE FUNCTION entra_emply.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON entra_emply.outcomes
    FOR EACH ROW EXECUTE FUNCTION entra_emply.refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON entra_emply.outcomes
    FOR EACH STATEMENT EXECUTE FUNCTION entra_emply.refuse_change();
"""


def upgrade() -> None:
    """Make the tables and their triggers."""
    for statements in (_TABLES, _APPEND_ONLY):
        op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
