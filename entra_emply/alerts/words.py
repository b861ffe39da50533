"""What alerts say: a title, lines of plain text, and the console's page to look at. Decides nothing.

Names nobody, unless a batch comes with addresses, which are only read where the settings ask for them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from entra_emply.ledger.alert_facts import AlertFacts, Batch, Lapse, Lead, Week
from entra_emply.printing import SHORT_ID, counted
from entra_emply.reconciliation.findings import CATALOGUE
from entra_emply.reconciliation.report.wording import how_to_approve
from entra_emply.reconciliation.words.actions import KINDS
from entra_emply.reconciliation.words.guards import GUARDS

Wording = tuple[str, Sequence[str], str]
"""Title, lines, and the page of the console."""


_VARIABLES = {
    "entra: client secret": "ENTRA_CLIENT_SECRET",
    "entra: certificate": "ENTRA_CLIENT_CERTIFICATE",
    "emply: token": "EMPLY_API_KEY",
}
"""What each credential with an end is set by (`doctor.credentials`)."""


def failed(job: str, run_id: str, reason: str) -> Wording:
    """A run failed."""
    lines = [reason] if reason else []
    where = [f"Run {run_id}. What it says is in Dagster."] if run_id else []
    return f"entra-emply: {job} failed", [*lines, *where, "Nothing is synchronised until a run succeeds."], "/"


def silence(since: datetime, now: datetime) -> Wording:
    """No run has succeeded for a long time."""
    lines = [
        f"The last successful run ended at {_at(since)}.",
        "Joiners get no login and leavers keep theirs until a run succeeds: look at the daemon and at its last runs.",
    ]
    return f"entra-emply: no successful run for {_long(now - since)}", lines, "/health"


def held(new: Sequence[Batch], facts: AlertFacts) -> Wording:
    """Something is held that was not held before."""
    count, all_ = _sum(new), _sum(facts.held)
    others = [f"{_actions(all_)} wait altogether."] if all_ != count else []
    title = f"entra-emply: {_actions(count)} {_verb(count, 'waits', 'wait')} for approval"
    return title, [*_batches(new), *_guards(new), *others, _approve(facts)], "/plan"


def still_held(facts: AlertFacts, days: int) -> Wording:
    """Something still waits, after so many days."""
    count = _sum(facts.held)
    title = f"entra-emply: {_actions(count)} still {_verb(count, 'waits', 'wait')} for approval"
    since = f"The oldest waits for {counted(days, 'day')}."
    return title, [since, *_batches(facts.held), *_guards(facts.held), _approve(facts)], "/plan"


def lapses(lapse: Lapse, now: datetime) -> Wording:
    """An approval is about to end unused."""
    them = _verb(lapse.count, "it", "them")
    title = f"entra-emply: an approval of {_actions(lapse.count)} lapses in {_long(lapse.ends_at - now)}"
    lines = [
        f"Approved with plan {lapse.plan_id[:SHORT_ID]}, and not applied yet. Held again from {_at(lapse.ends_at)} on.",
        f"See why the runs do not apply {them}, or approve {them} once more after that.",
    ]
    return title, lines, "/plan"


def failing(batches: Sequence[Batch]) -> Wording:
    """Actions failed three times."""
    title = f"entra-emply: {_actions(_sum(batches))} failed three times"
    return title, [*_batches(batches), "Later runs try again: entra-emply history says what was tried."], "/failures"


def quarantined(batches: Sequence[Batch]) -> Wording:
    """Actions failed too often."""
    count = _sum(batches)
    title = f"entra-emply: {_actions(count)} {_verb(count, 'is', 'are')} in quarantine"
    how = "They are not tried again until somebody runs entra-emply release ACTION --by NAME."
    return title, [*_batches(batches), how], "/failures"


def left_out(batches: Sequence[Batch]) -> Wording:
    """What could not be read for the third time."""
    title = "entra-emply: a part is left out for the third run"
    return title, _findings(batches), "/findings"


def errors(batches: Sequence[Batch]) -> Wording:
    """New findings of severity error."""
    return f"entra-emply: {counted(_sum(batches), 'new error')} to put right", _findings(batches), "/findings"


def ends(name: str, at: datetime, now: datetime) -> Wording:
    """A credential ends."""
    what = name.replace("entra: ", "Entra's ").replace("emply: ", "Emply's ")
    said = f"ended on {at:%Y-%m-%d}" if at <= now else f"ends in {_long(at - now)}, on {at:%Y-%m-%d}"
    variable = _VARIABLES.get(name, "it")
    lines = [f"Every run fails without it. Make a new one and set {variable}: entra-emply doctor says where."]
    return f"entra-emply: {what} {said}", lines, "/health"


def week(week: Week) -> Wording:
    """The weekly digest."""
    last = week.first + timedelta(days=6)
    lines = [
        f"Joiners, with a new login: {week.joiners}{_lead(week.to_login, 'login')}",
        f"Back, activated again: {week.back}",
        f"Movers, with other roles: {week.movers}",
        f"Leavers, deactivated: {week.leavers}{_lead(week.to_lock, 'lock')}",
    ]
    return f"entra-emply: the week from {week.first} to {last}", lines, "/"


def _batches(batches: Sequence[Batch]) -> list[str]:
    """A line for each kind: how many, and what the service or the guards said."""
    lines = []
    for kind in sorted({batch.kind for batch in batches}, key=list(KINDS).index):
        same = [batch for batch in batches if batch.kind == kind]
        details = sorted({each for batch in same for each in batch.detail.split()})
        lines.append(f"{_sum(same)} × {kind} ({KINDS[kind][1]}): {', '.join(details)}")
    return [*lines, *_who(batches)]


def _findings(batches: Sequence[Batch]) -> list[str]:
    lines = []
    for batch in batches:
        about = CATALOGUE[batch.kind]
        detail = f" ({', '.join(batch.detail.split())})" if batch.detail else ""
        lines.append(f"{batch.count} × {batch.kind}{detail}: {about.message} {about.remedy}")
    return [*lines, *_who(batches)]


def _guards(batches: Sequence[Batch]) -> list[str]:
    found = {guard for batch in batches for guard in batch.detail.split()}
    return [f"{guard}: {GUARDS[guard]}" for guard in GUARDS if guard in found]


def _who(batches: Sequence[Batch]) -> list[str]:
    """Addresses, where there are any."""
    named = sorted({who for batch in batches for who in batch.who})
    return [f"Who: {', '.join(named)}{' and others' if len(named) < _sum(batches) else ''}"] if named else []


def _approve(facts: AlertFacts) -> str:
    return f"Look at the plan, then: {how_to_approve(facts.plan_id)}"


def _lead(lead: Lead | None, what: str) -> str:
    if lead is None:
        return ""
    half, all_ = _long(lead.median), _long(lead.longest)
    return f" (from the first plan to the {what}: half of them within {half}, all within {all_})"


def _sum(batches: Sequence[Batch]) -> int:
    return sum(batch.count for batch in batches)


def _actions(count: int) -> str:
    return counted(count, "action")


def _verb(count: int, one: str, several: str) -> str:
    return one if count == 1 else several


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _long(span: timedelta) -> str:
    """ "3 days", "5 hours", "12 minutes": in the largest unit of which there are two, rounded up from seconds."""
    minutes = max(1, -(-int(span.total_seconds()) // 60))
    for unit, length in (("day", 1440), ("hour", 60)):
        if minutes >= 2 * length:
            return counted(round(minutes / length), unit)
    return counted(minutes, "minute")
