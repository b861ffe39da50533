"""The asset checks: what each looks at, and its result. What a complete read is, and who is external, is decided
in the engine.
"""

from collections.abc import Iterator

import pandas as pd
from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetExecutionContext

from assets.resources import Connections
from entra_emply.connectors.reads import Certificate
from entra_emply.errors import SourceUnreadable
from entra_emply.extraction.dependent_reads import SourceRead
from entra_emply.ledger import certificates
from entra_emply.provisioning.report import ApplyReport
from entra_emply.reconciliation.completeness import Counted, require_full_read
from entra_emply.reconciliation.mapping import may_be_empty
from entra_emply.reconciliation.unreadable_frame import UNREADABLE, counts_by_code, summary

ACCEPT_SHRINK = "entra-emply/accept-shrink"
"""Run tag: sources, separated by commas, whose shrinking a person accepts for this run (G5)."""

_DID_NOT_SHRINK = "source_did_not_shrink"
_EVERYTHING_WAS_READ = "everything_was_read"
EVERY_PERSON_ONCE = AssetCheckSpec(
    "every_person_once",
    asset="identities",
    blocking=True,
    description="M: no Entra user and no Emply user stands in two rows.",
)
NO_EXTERNAL_USER_IS_TOUCHED = AssetCheckSpec(
    "no_external_user_is_touched",
    asset="reconciliation_actions",
    blocking=True,
    description="M6: every Emply user of the plan is linked, or is linked by it.",
)
EVERY_WRITE_SUCCEEDED = AssetCheckSpec(
    "every_write_succeeded",
    asset="applied_changes",
    description="No action failed or waits in quarantine for `entra-emply release`.",
)
NOTHING_WAITS_FOR_A_PERSON = AssetCheckSpec(
    "nothing_waits_for_a_person",
    asset="applied_changes",
    description="No action of the plan is held by a guard until somebody approves it.",
)


def accepted_shrinks(context: AssetExecutionContext) -> tuple[str, ...]:
    """The sources whose shrinking a person accepts for this run."""
    return tuple(name.strip() for name in context.run.tags.get(ACCEPT_SHRINK, "").split(",") if name.strip())


def did_not_shrink(name: str) -> AssetCheckSpec:
    """G5 as a blocking check: no plan is made of a read that lost too many rows."""
    return AssetCheckSpec(
        _DID_NOT_SHRINK,
        asset=name,
        blocking=True,
        description="G5: the read has believably many rows, compared with the last one that a plan was made of. "
        f"A person accepts a real shrinking with `sync --accept-shrink {name}`, or with the run tag {ACCEPT_SHRINK}.",
    )


def shrink_check(
    context: AssetExecutionContext, connections: Connections, certificate: Certificate
) -> AssetCheckResult:
    """The result of `did_not_shrink`."""
    settings, baselines = connections.settings(), connections.ledger.read(certificates.baselines)
    passed, said = True, "The number of rows is plausible"
    name, read = certificate.source, Counted(certificate.rows, certificate.parts)
    try:
        require_full_read(
            {name: read},
            baselines,
            settings.guards,
            accepted=accepted_shrinks(context),
            may_be_empty=may_be_empty(settings),
        )
    except SourceUnreadable as error:
        passed, said = False, str(error)
    return AssetCheckResult(
        check_name=_DID_NOT_SHRINK,
        passed=passed,
        severity=AssetCheckSeverity.ERROR,
        description=said,
        metadata={"rows": read.rows, "rows_last_accepted": baselines.get(name, Counted(0)).comparable(read)},
    )


def everything_was_read(name: str) -> AssetCheckSpec:
    """G5b as a warning: what could not be read is left out of the plan, which is made all the same."""
    return AssetCheckSpec(
        _EVERYTHING_WAS_READ,
        asset=name,
        description="P5, C7, G5b: nobody's part of the source is missing. What is left out of the plan until it can be "
        "read again, the findings of `reconciliation_findings` say.",
    )


def not_read_check(done: SourceRead) -> AssetCheckResult:
    """The result of `everything_was_read`: numbers by what the service said, and nobody's name."""
    rows = done.frames.get(UNREADABLE)
    codes = {} if rows is None else counts_by_code(rows)
    return AssetCheckResult(
        check_name=_EVERYTHING_WAS_READ,
        passed=not codes,
        severity=AssetCheckSeverity.WARN,
        description=done.why or (summary(rows).capitalize() if rows is not None and codes else "Everything was read"),
        metadata=codes,
    )


def every_person_once(identities: pd.DataFrame) -> AssetCheckResult:
    """The result of EVERY_PERSON_ONCE."""
    rows = (identities.loc[identities[side] >= 0, side] for side in ("entra_row", "emply_row"))
    twice = {str(row.name): int(row.duplicated().sum()) for row in rows}
    return AssetCheckResult(
        check_name=EVERY_PERSON_ONCE.name, asset_key="identities", passed=not any(twice.values()), metadata=twice
    )


def no_external_user_is_touched(touched: int) -> AssetCheckResult:
    """The result of NO_EXTERNAL_USER_IS_TOUCHED."""
    return AssetCheckResult(
        check_name=NO_EXTERNAL_USER_IS_TOUCHED.name,
        asset_key="reconciliation_actions",
        passed=touched == 0,
        metadata={"external_users_touched": touched},
    )


def of_applying(report: ApplyReport) -> Iterator[AssetCheckResult]:
    """The results of EVERY_WRITE_SUCCEEDED and NOTHING_WAITS_FOR_A_PERSON."""
    yield AssetCheckResult(
        check_name=EVERY_WRITE_SUCCEEDED.name,
        passed=not report.troubled,
        severity=AssetCheckSeverity.ERROR,
        metadata=report.trouble,
    )
    yield AssetCheckResult(
        check_name=NOTHING_WAITS_FOR_A_PERSON.name,
        passed=report.held == 0,
        severity=AssetCheckSeverity.WARN,
        metadata={"held": report.held},
    )
