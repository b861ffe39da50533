"""The ledger's tables, in SQLAlchemy Core. docs/ledger.md says what they mean and when they are written.

Not here: queries, and creating the tables. The migrations create them, and a test compares them with this module.
"""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

SCHEMA = "entra_emply"

metadata = MetaData(schema=SCHEMA, naming_convention={"ck": "%(table_name)s_%(constraint_name)s"})


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _time(name: str, *, null: bool = False) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=null)


def _only_row() -> Column[bool]:
    """The key of a table of one row."""
    return Column("one", Boolean, CheckConstraint("one", name="one"), primary_key=True, server_default=text("true"))


installation = Table("installation", metadata, _only_row(), _text("tenant_id"), _text("customer"), _time("recorded_at"))

counters = Table(
    "counters",
    metadata,
    _only_row(),
    Column("epoch", BigInteger, nullable=False),
    Column("runs", BigInteger, nullable=False),
)

mapping_versions = Table(
    "mapping_versions",
    metadata,
    Column("version", Text, primary_key=True),
    _text("document"),
    _time("first_seen_at"),
)

read_certificates = Table(
    "read_certificates",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("pages", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    _text("sha256"),
    _time("started_at"),
    _time("ended_at"),
    _time("accepted_at", null=True),
    Column("parts", JSONB, nullable=False, server_default="{}"),
    Index("read_certificates_accepted", "source", "accepted_at"),
)

plans = Table(
    "plans",
    metadata,
    Column("plan_no", BigInteger, Identity(always=True), primary_key=True),
    _text("plan_id"),
    Column("run_id", Text, nullable=False, unique=True),
    Column("day", Date, nullable=False),
    Column("origin", Text, _one_of("origin", "sync", "backfill"), nullable=False),
    _text("mapping_version"),
    _time("created_at"),
    _time("read_at"),
    Column("epoch", BigInteger, nullable=False),
    Column("configured_groups", ARRAY(Text), nullable=False),
    Column("room_groups", ARRAY(Text), nullable=False),
    Column("nested_groups", Boolean, nullable=False),
    _text("window_start", null=True),
    _text("window_end", null=True),
    _time("claimed_at", null=True),
    _time("finished_at", null=True),
    Column("ending", Text, _one_of("ending", "done", "stopped", "interrupted")),
    CheckConstraint("origin = 'sync' OR claimed_at IS NULL", name="claimed"),
    CheckConstraint("(finished_at IS NULL) = (ending IS NULL)", name="finished"),
    CheckConstraint("finished_at IS NULL OR claimed_at IS NOT NULL", name="order"),
    Index("plans_plan_id", "plan_id"),
)

actions = Table(
    "actions",
    metadata,
    Column("plan_no", ForeignKey(plans.c.plan_no), primary_key=True),
    Column("action_id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("target", Text, _one_of("target", "emply", "entra", "ledger"), nullable=False),
    _text("kind"),
    _text("rule"),
    _text("entra_id", null=True),
    _text("emply_user_id", null=True),
    _text("subject", null=True),
    Column("before", JSON),
    Column("after", JSON),
    _text("reason", null=True),
    _text("held_by"),
    _text("held_because"),
    _text("own_guards"),
    _text("groups"),
    _text("employee_id", null=True),
    _text("time_zone", null=True),
    Index("actions_entra_id", "entra_id"),
    Index("actions_emply_user_id", "emply_user_id"),
    Index("actions_subject", "subject"),
    # In a database of a locale other than C, an id is found by its first characters with these operators only.
    Index("actions_action_id", "action_id", "plan_no", postgresql_ops={"action_id": "text_pattern_ops"}),
)

action_name = actions.c.target + "." + actions.c.kind
"""An action's target and kind: "emply.set_roles"."""

plan_role_states = Table(
    "plan_role_states",
    metadata,
    Column("plan_no", ForeignKey(plans.c.plan_no), primary_key=True),
    Column("entra_id", Text, primary_key=True),
    Column("group_id", Text, primary_key=True),
    _text("role_id", null=True),
)

attempts = Table(
    "attempts",
    metadata,
    Column("attempt_no", BigInteger, Identity(always=True), primary_key=True),
    Column("plan_no", BigInteger, nullable=False),
    _text("action_id"),
    _time("started_at"),
    ForeignKeyConstraint(["plan_no", "action_id"], [actions.c.plan_no, actions.c.action_id]),
    Index("attempts_action", "plan_no", "action_id"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("attempt_no", ForeignKey(attempts.c.attempt_no), primary_key=True),
    _time("at"),
    Column("result", Text, _one_of("result", "applied", "failed", "superseded", "interrupted"), nullable=False),
    _text("code", null=True),
    _text("object_id", null=True),
)

links = Table(
    "links",
    metadata,
    Column("entra_id", Text, primary_key=True),
    Column("emply_user_id", Text, nullable=False, unique=True),
    Column("matched_by", Text, _one_of("matched_by", "username", "email", "address", "created"), nullable=False),
    _time("at"),
)

role_states = Table(
    "role_states",
    metadata,
    # Replacing a link deletes its role state: a new link starts without one.
    Column("emply_user_id", ForeignKey(links.c.emply_user_id, ondelete="CASCADE"), primary_key=True),
    Column("group_id", Text, primary_key=True),
    _text("role_id", null=True),
)

photo_etags = Table(
    "photo_etags",
    metadata,
    # Replacing a link deletes its etag, like its role state.
    Column("emply_user_id", ForeignKey(links.c.emply_user_id, ondelete="CASCADE"), primary_key=True),
    _text("etag"),
)

calendars = Table(
    "calendars",
    metadata,
    Column("calendar_id", Text, primary_key=True),
    _text("entra_id"),
    _text("external_id"),
    Column("detached", Boolean, nullable=False),
    Index("calendars_external", "entra_id", "external_id"),
)

event_pairs = Table(
    "event_pairs",
    metadata,
    Column("emply_event_id", Text, primary_key=True),
    _text("external_id"),
    _text("entra_id"),
    _text("calendar_external_id"),
)

deleted_users = Table(
    "deleted_users",
    metadata,
    Column("entra_id", Text, primary_key=True),
    Column("employee_id", Text, primary_key=True),
    _time("at"),
)

refused = Table(
    "refused",
    metadata,
    Column("entra_id", Text, primary_key=True),
    Column("emply_user_id", Text, primary_key=True),
    _text("by"),
    _text("reason"),
    _time("at"),
)

group_ids = Table("group_ids", metadata, Column("group_name", Text, primary_key=True), _text("group_id"))

group_counts = Table(
    "group_counts",
    metadata,
    Column("group_id", Text, primary_key=True),
    Column("members", BigInteger, CheckConstraint("members > 0", name="members"), nullable=False),
    Column("plan_no", BigInteger, nullable=False),
)

deactivations = Table(
    "deactivations",
    metadata,
    Column("emply_user_id", Text, primary_key=True),
    _time("at"),
    Column("approved", Boolean, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("entra_id", Text, primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("approved", Boolean, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("approval_no", BigInteger, Identity(always=True), primary_key=True),
    _text("action_id"),
    _text("plan_id"),
    _text("by"),
    _text("reason"),
    _time("at"),
    _time("expires_at"),
    _time("used_at", null=True),
    Column("ending", Text, _one_of("ending", "applied", "left", "expired")),
    CheckConstraint("(used_at IS NULL) = (ending IS NULL)", name="used"),
    Index("approvals_unused", "action_id", unique=True, postgresql_where=text("used_at IS NULL")),
)

undo_requests = Table(
    "undo_requests",
    metadata,
    Column("request_no", BigInteger, Identity(always=True), primary_key=True),
    _text("action_id"),
    _text("kind"),
    _text("entra_id"),
    _text("emply_user_id"),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    _text("undone_plan_id"),
    _text("undone_action_id"),
    _text("by"),
    _text("reason"),
    _time("at"),
    _time("expires_at"),
    _time("ended_at", null=True),
    Column("ending", Text, _one_of("ending", "applied", "stopped", "expired", "withdrawn")),
    _text("why", null=True),
    _text("withdrawn_by", null=True),
    CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended"),
    CheckConstraint("(withdrawn_by IS NULL) = (ending IS DISTINCT FROM 'withdrawn')", name="withdrawn"),
    Index("undo_requests_open", "emply_user_id", "kind", unique=True, postgresql_where=text("ended_at IS NULL")),
    Index("undo_requests_undone", "undone_action_id"),
)

failures = Table(
    "failures",
    metadata,
    Column("action_id", Text, primary_key=True),
    Column("failures", Integer, CheckConstraint("failures > 0", name="failures"), nullable=False),
    Column("next_run", BigInteger, nullable=False),
    _text("code"),
    _time("at"),
    _time("quarantined_at", null=True),
    Column("serious_plan_no", BigInteger),
)

releases = Table(
    "releases",
    metadata,
    Column("release_no", BigInteger, Identity(always=True), primary_key=True),
    _text("action_id"),
    Column("failures", Integer, nullable=False),
    _text("by"),
    _time("at"),
)

standing_findings = Table(
    "standing_findings",
    metadata,
    Column("code", Text, primary_key=True),
    Column("whose", Text, primary_key=True),
    _text("severity"),
    _text("subject", null=True),
    _text("object", null=True),
    Column("plan_no", BigInteger, nullable=False),
    _time("at"),
)

credentials = Table(
    "credentials", metadata, Column("name", Text, primary_key=True), _time("ends_at", null=True), _time("looked_at")
)

alerts = Table(
    "alerts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("receiver", Text, primary_key=True),
    _text("kind"),
    _text("title"),
    _text("body"),
    _time("at"),
    Column("tries", Integer, nullable=False),
    _time("next_try_at"),
    _time("sent_at", null=True),
)

console_audit = Table(
    "console_audit",
    metadata,
    Column("audit_no", BigInteger, Identity(always=True), primary_key=True),
    _time("at"),
    _text("by"),
    Column(
        "did",
        Text,
        _one_of("did", "looked_up", "approved", "refused", "released", "undid", "withdrew"),
        nullable=False,
    ),
    _text("about"),
    Index("console_audit_at", "at"),
)
