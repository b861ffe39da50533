"""Which alerts are due, by what the ledger knows, and what they say."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from entra_emply.alerts.due import FailedRun, due
from entra_emply.ledger.alert_facts import AlertFacts, Batch, Lapse, Lead, Week
from entra_emply.ledger.outbox import pause

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WELL = AlertFacts(NOW, last_success=NOW - timedelta(minutes=20), plan_id="3f9c12ab77" * 6)
LEAVERS = Batch(7, NOW - HOUR, "emply.deactivate_user", 14, "G1")


def keys(facts: AlertFacts, *failed: FailedRun) -> list[str]:
    return [alert.key for alert in due(facts, failed, lambda _: None)]


def told(facts: AlertFacts, *failed: FailedRun) -> str:
    """All that is said."""
    alerts = due(facts, failed, lambda page: f"https://console.contoso.com{page}")
    return "\n".join(f"{alert.title}\n{alert.body}" for alert in alerts)


def test_nothing_is_due_where_all_is_well() -> None:
    assert keys(WELL) == []
    assert keys(AlertFacts(NOW)) == []  # nothing was ever planned


# A run failed


def test_a_failed_run_is_told_of_with_its_reason() -> None:
    said = told(WELL, FailedRun("sync", "run-1", NOW, "emply_users could not be read: 503"))
    assert "entra-emply: sync failed\nemply_users could not be read: 503\nRun run-1." in said
    assert said.endswith("https://console.contoso.com/")


def test_failures_between_two_successes_are_told_of_once_a_day() -> None:
    success = NOW - HOUR
    runs = [FailedRun("sync", str(hours), success + hours * HOUR) for hours in (1, 2, 23, 25, 47)]
    assert len(set(keys(replace(WELL, last_success=success), *runs))) == 2


def test_failures_before_the_first_success_are_told_of_once_a_day() -> None:
    since = NOW.replace(hour=0, minute=10)
    runs = [FailedRun("sync", str(number), since + number * timedelta(minutes=30)) for number in range(2 * 47)]
    assert len(set(keys(AlertFacts(NOW), *runs))) == 2


def test_a_failure_after_the_next_success_is_told_of_again() -> None:
    first = keys(WELL, FailedRun("sync", "1", NOW))
    later = replace(WELL, now=NOW + 2 * HOUR, last_success=NOW + HOUR)
    second = keys(later, FailedRun("sync", "2", NOW + 2 * HOUR))
    assert not set(first) & set(second)


def test_a_failure_that_is_found_after_a_success_does_not_hide_the_next_one() -> None:
    facts = replace(WELL, last_success=NOW)
    late, next_one = FailedRun("sync", "1", NOW - HOUR), FailedRun("sync", "2", NOW + HOUR)
    assert len(set(keys(facts, late, next_one))) == 2


# No successful run


@pytest.mark.parametrize(("minutes", "count"), [(119, 0), (120, 1), (60 * 24, 1)])
def test_two_hours_without_a_successful_run_are_told_of(minutes: int, count: int) -> None:
    assert len(keys(replace(WELL, last_success=NOW - timedelta(minutes=minutes)))) == count


def test_silence_is_told_of_once_a_day() -> None:
    since = NOW - 10 * DAY
    all_keys = {key for hours in range(240) for key in keys(AlertFacts(since + hours * HOUR, last_success=since))}
    assert len(all_keys) == 10
    assert "no successful run for 10 days" in told(replace(WELL, last_success=since))


# Held


def test_what_is_held_says_how_much_by_which_guard_and_how_to_approve() -> None:
    said = told(replace(WELL, held=(LEAVERS,)))
    assert "14 actions wait for approval" in said
    assert "14 × emply.deactivate_user (leavers: deactivate): G1" in said
    assert "G1: more people would lose access within 24 hours than `max_deactivations` allows" in said
    assert "entra-emply approve 3f9c12ab773f --by NAME --reason TEXT" in said
    assert "https://console.contoso.com/plan" in said


def test_what_is_held_is_told_of_once_then_once_a_day() -> None:
    began = LEAVERS.at
    found = [keys(replace(WELL, now=began + hours * HOUR, last_success=began + hours * HOUR, held=(LEAVERS,)))
             for hours in range(73)]  # fmt: skip
    assert found[0] == found[23] == ["held:7"]
    assert found[24] == found[47] == ["held:7:1"]
    assert {key for each in found for key in each} == {"held:7", "held:7:1", "held:7:2", "held:7:3"}


def test_what_is_held_besides_is_told_of_at_once_with_what_waits_altogether() -> None:
    more = Batch(9, NOW, "emply.set_roles", 1, "G3")
    facts = replace(WELL, held=(LEAVERS, more))
    assert keys(facts) == ["held:7", "held:9"]
    assert "1 action waits for approval\n1 × emply.set_roles (movers: change roles): G3" in told(facts)
    assert "15 actions wait altogether." in told(facts)


def test_an_approval_that_is_about_to_lapse_is_told_of() -> None:
    lapse = Lapse("3f9c12ab77", NOW + 11 * HOUR, 12)
    assert len(keys(replace(WELL, lapsing=(lapse,)))) == 1
    assert "an approval of 12 actions lapses in 11 hours" in told(replace(WELL, lapsing=(lapse,)))
    assert keys(replace(WELL, lapsing=(replace(lapse, ends_at=NOW + 13 * HOUR),))) == []
    assert "do not apply it, or approve it once more" in told(replace(WELL, lapsing=(replace(lapse, count=1),)))


# Failures, findings


def test_what_failed_together_is_told_of_together_with_the_codes_of_the_service() -> None:
    batches = (Batch(7, NOW, "emply.set_photo", 3, "503 too_large"), Batch(7, NOW, "emply.set_roles", 2, "403"))
    facts = replace(WELL, failing=batches)
    assert keys(facts) == ["failing:7"]
    assert "5 actions failed three times" in told(facts)
    assert "3 × emply.set_photo (copy the picture from Entra): 503, too_large" in told(facts)


def test_quarantine_is_told_of_although_the_failures_were() -> None:
    batch = Batch(7, NOW, "emply.set_roles", 1, "403")
    assert keys(replace(WELL, failing=(batch,))) != keys(replace(WELL, quarantined=(batch,)))
    assert "1 action is in quarantine" in told(replace(WELL, quarantined=(batch,)))


def test_an_error_and_a_part_that_is_left_out_say_what_to_do() -> None:
    error, part = Batch(7, NOW, "ambiguous_match", 2, ""), Batch(7, NOW, "source_unreadable", 1, "403")
    said = told(replace(WELL, errors=(error,), left_out=(part,)))
    assert "2 new errors to put right\n2 × ambiguous_match: Several users carry" in said
    assert "a part is left out for the third run\n1 × source_unreadable (403): What some rules need" in said


def test_what_began_more_than_a_week_ago_is_not_new() -> None:
    old = Batch(7, NOW - 8 * DAY, "ambiguous_match", 2, "")
    assert keys(replace(WELL, errors=(old,), left_out=(old,))) == []


# Credentials


@pytest.mark.parametrize(
    ("left", "threshold"),
    [(31 * DAY, None), (30 * DAY, 30), (15 * DAY, 30), (14 * DAY, 14), (3 * DAY, 3), (HOUR, 3), (-HOUR, 0)],
)
def test_a_credential_is_told_of_30_14_and_3_days_before_its_end(left: timedelta, threshold: int | None) -> None:
    ends = ("entra: client secret", NOW + left)
    expected = [] if threshold is None else [f"ends:entra: client secret:{NOW + left:%Y-%m-%d}:{threshold}"]
    assert keys(replace(WELL, ends=(ends,))) == expected


def test_the_end_of_a_credential_is_said_in_days() -> None:
    assert "Entra's client secret ends in 14 days, on 2026-12-09" in told(
        replace(WELL, ends=(("entra: client secret", NOW + 14 * DAY),))
    )


@pytest.mark.parametrize(
    ("credential", "variable"),
    [
        ("entra: client secret", "ENTRA_CLIENT_SECRET"),
        ("entra: certificate", "ENTRA_CLIENT_CERTIFICATE"),
        ("emply: token", "EMPLY_API_KEY"),
    ],
)
def test_the_end_of_a_credential_names_the_variable_to_set(credential: str, variable: str) -> None:
    assert f"Make a new one and set {variable}:" in told(replace(WELL, ends=((credential, NOW + 3 * DAY),)))


# The week


def test_the_week_tells_who_came_and_left_and_how_long_it_took() -> None:
    lead = Lead(timedelta(minutes=31), timedelta(hours=26))
    week = Week(date(2026, 11, 16), joiners=3, back=1, movers=5, leavers=2, to_login=lead, to_lock=None)
    said = told(replace(WELL, week=week))
    assert "the week from 2026-11-16 to 2026-11-22" in said
    assert "new login: 3 (from the first plan to the login: half of them within 31 minutes, all within 26 h" in said
    assert "Leavers, deactivated: 2\n" in said


# Names


def test_names_are_said_where_they_were_asked_for_and_only_there() -> None:
    named = replace(LEAVERS, who=("æble@contoso.com", "łukasz@contoso.com"))
    assert "Who: æble@contoso.com, łukasz@contoso.com and others" in told(replace(WELL, held=(named,)))
    assert "@" not in told(replace(WELL, held=(LEAVERS,)))


def test_the_pause_between_two_tries_doubles_up_to_an_hour() -> None:
    minutes = [pause(tries).total_seconds() / 60 for tries in range(1, 10)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]
