"""Which alerts are due, by what the ledger knows: pure functions of the facts. Each alert has the key of its occasion,
by which the outbox takes it once. Not here: words (`words`).

An occasion that is older than a week is not told of any more: an installation that gets its first receiver is told what
is new, and what waits.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from entra_emply.alerts import words
from entra_emply.ledger.alert_facts import AlertFacts, Batch, week_key
from entra_emply.ledger.outbox import Alert

RECENT = timedelta(days=7)
SILENCE = timedelta(hours=2)
LAPSES_WITHIN = timedelta(hours=12)
ENDS_WITHIN = (0, 3, 14, 30)
"""Days before a credential ends; 0: it has ended."""
_DAY = timedelta(days=1)

Due = tuple[str, words.Wording]
"""A key, and what is told."""


@dataclass(frozen=True)
class FailedRun:
    """A run that failed. reason: in words of our own errors, which name nobody; else empty."""

    job: str
    run_id: str
    at: datetime
    reason: str = ""


def due(facts: AlertFacts, failed: Sequence[FailedRun], console: Callable[[str], str | None]) -> list[Alert]:
    """All alerts that are due now, told before or not. `console`: the address of a page of the console, if any."""
    found = [*_failed(facts, failed), *_silence(facts), *_held(facts), *_lapsing(facts), *_failing(facts)]
    found += [*_not_read(facts), *_errors(facts), *_ends(facts), *_week(facts)]
    return [_alert(key, told, console(told[2])) for key, told in found]


def _alert(key: str, told: words.Wording, link: str | None) -> Alert:
    title, lines, _ = told
    return Alert(key, key.split(":", maxsplit=1)[0], title, "\n".join([*lines, *([link] if link else [])]))


def _failed(facts: AlertFacts, failed: Sequence[FailedRun]) -> Iterator[Due]:
    """The first failure of a job after a success, then once a day until the next success; where none is known that came
    before, once each day."""
    for run in failed:
        success = facts.last_success
        if success is not None and success < run.at:
            key = f"failed:{run.job}:{success:%Y-%m-%dT%H:%M:%S}:{(run.at - success) // _DAY}"
        else:
            key = f"failed:{run.job}:{run.at:%Y-%m-%d}"
        yield key, words.failed(run.job, run.run_id, run.reason)


def _silence(facts: AlertFacts) -> Iterator[Due]:
    """No plan was applied to its end for two hours; then once a day."""
    since = facts.last_success
    if since is not None and facts.now - since >= SILENCE:
        days = (facts.now - since - SILENCE) // _DAY
        yield f"silence:{since:%Y-%m-%dT%H:%M:%S}:{days}", words.silence(since, facts.now)


def _held(facts: AlertFacts) -> Iterator[Due]:
    """Each time that something new is held, and once a day while anything waits."""
    for plan_no, batches in _by_plan(facts, facts.held, _DAY):
        yield f"held:{plan_no}", words.held(batches, facts)
    if facts.held:
        oldest = min(facts.held, key=attrgetter("plan_no"))
        days = (facts.now - oldest.at) // _DAY
        if days:
            yield f"held:{oldest.plan_no}:{days}", words.still_held(facts, days)


def _lapsing(facts: AlertFacts) -> Iterator[Due]:
    for lapse in facts.lapsing:
        if lapse.ends_at - facts.now <= LAPSES_WITHIN:
            yield f"lapses:{lapse.plan_id}:{lapse.ends_at:%Y-%m-%dT%H:%M:%S}", words.lapses(lapse, facts.now)


def _failing(facts: AlertFacts) -> Iterator[Due]:
    for plan_no, batches in _by_plan(facts, facts.failing):
        yield f"failing:{plan_no}", words.failing(batches)
    for plan_no, batches in _by_plan(facts, facts.quarantined):
        yield f"quarantined:{plan_no}", words.quarantined(batches)


def _not_read(facts: AlertFacts) -> Iterator[Due]:
    for plan_no, batches in _by_plan(facts, facts.left_out):
        yield f"left_out:{plan_no}", words.left_out(batches)


def _errors(facts: AlertFacts) -> Iterator[Due]:
    for plan_no, batches in _by_plan(facts, facts.errors):
        yield f"errors:{plan_no}", words.errors(batches)


def _ends(facts: AlertFacts) -> Iterator[Due]:
    for name, at in facts.ends:
        within = [days for days in ENDS_WITHIN if at - facts.now <= days * _DAY]
        if within:
            yield f"ends:{name}:{at:%Y-%m-%d}:{within[0]}", words.ends(name, at, facts.now)


def _week(facts: AlertFacts) -> Iterator[Due]:
    if facts.week is not None:
        yield week_key(facts.week.first), words.week(facts.week)


def _by_plan(
    facts: AlertFacts, batches: Sequence[Batch], recent: timedelta = RECENT
) -> Iterator[tuple[int, tuple[Batch, ...]]]:
    """The batches that began with one plan, of plans that are recent."""
    new = sorted((batch for batch in batches if facts.now - batch.at < recent), key=attrgetter("plan_no"))
    for plan_no, together in groupby(new, key=attrgetter("plan_no")):
        yield plan_no, tuple(together)
