"""Telling people: by a real mail server and a webhook, which go away, and with senders that are killed."""

import logging
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apprise import NotifyBase

from entra_emply import clock
from entra_emply.alerts.due import FailedRun
from entra_emply.alerts.receivers import receivers_of
from entra_emply.alerts.sending import send_waiting
from entra_emply.alerts.tell import AlertCounts, tell
from entra_emply.environment import Environment
from entra_emply.errors import LedgerError, SettingsError
from entra_emply.ledger import outbox, retention
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.outbox import KEPT, Alert
from tests.integration.conftest import Begin, Rows
from tests.integration.ledger.systems import Systems, make_scenario
from tests.postgres import Server
from tests.receivers import Webhook, mail_server, sender, webhook

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FAILED = FailedRun("sync", "run-1", NOW, "emply_users could not be read: 503")


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy stands before this machine, and mails follow each other at once."""
    monkeypatch.setattr(NotifyBase, "request_rate_per_sec", 0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as served:
        yield served


def environment(*urls: str, settings: Path | None = None) -> Environment:
    variables = {"ALERT_URLS": "\n".join(urls), "CONSOLE_URL": "https://console.contoso.com/emply/"}
    return Environment.load(variables | {"ENTRA_EMPLY_SETTINGS": str(settings or "/nowhere.yaml")})


def told(
    ledger: Ledger, *urls: str, at: datetime = NOW, failed: tuple[FailedRun, ...] = (), **more: Path
) -> AlertCounts | None:
    with clock.frozen(at):
        return tell(ledger, environment(*urls, **more), lambda _: {}, failed, seconds=30)


def put(ledger: Ledger, count: int, *urls: str) -> None:
    """So many alerts on their way."""
    receivers = [each.id for each in receivers_of(urls)]
    ledger.write(
        outbox.put, [Alert(f"test:{n:03}", "test", f"alert {n:03}", "…") for n in range(count)], receivers, NOW
    )


# Once


def test_what_is_due_reaches_a_mail_server_and_a_webhook_once(ledger: Ledger, hook: Webhook) -> None:
    with mail_server() as mail:
        for minutes in range(3):
            told(ledger, mail.url, hook.url, at=NOW + minutes * MINUTE, failed=(FAILED,))
    assert (mail.subjects, hook.titles) == (["entra-emply: sync failed"], ["entra-emply: sync failed"])
    assert mail.got[0]["To"] == "ops@contoso.com"
    text = mail.got[0].get_content()
    assert "emply_users could not be read: 503" in text
    assert "https://console.contoso.com/emply/" in text
    assert hook.got[0]["message"].endswith("https://console.contoso.com/emply/")


def test_two_who_tell_at_once_tell_once(server: Server, database: str, ledger: Ledger, hook: Webhook) -> None:
    put(ledger, 20, hook.url)

    def send() -> None:
        other = Ledger.open(server.url(database))
        send_waiting(other, receivers_of([hook.url]), seconds=30)
        other.close()

    both = [threading.Thread(target=send) for _ in range(3)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(hook.titles) == [f"alert {n:03}" for n in range(20)]


def test_without_receivers_nothing_is_asked_or_recorded(ledger: Ledger, rows: Rows) -> None:
    assert told(ledger, failed=(FAILED,)) is None
    assert rows("SELECT count(*) FROM alerts") == [(0,)]


def test_a_new_receiver_is_told_what_is_due_and_the_others_are_not_told_again(ledger: Ledger, hook: Webhook) -> None:
    told(ledger, hook.url, failed=(FAILED,))
    with webhook() as second:
        told(ledger, hook.url, second.url, at=NOW + MINUTE, failed=(FAILED,))
    assert (len(hook.got), len(second.got)) == (1, 1)


# A receiver that is away


def test_a_receiver_that_is_away_is_told_when_it_is_back_and_nobody_waits_for_it(
    ledger: Ledger, hook: Webhook, free_port: int
) -> None:
    away = f"json://127.0.0.1:{free_port}/canary-hook"
    assert told(ledger, away, hook.url, failed=(FAILED,)) == AlertCounts(new=2, sent=1, waiting=1)
    with webhook(free_port) as back:  # the first minute it is left alone
        assert told(ledger, away, hook.url, at=NOW + 0.5 * MINUTE) == AlertCounts(new=0, sent=0, waiting=1)
        assert told(ledger, away, hook.url, at=NOW + MINUTE) == AlertCounts(new=0, sent=1, waiting=0)
    assert (back.titles, hook.titles) == (["entra-emply: sync failed"], ["entra-emply: sync failed"])


def test_a_mail_server_that_is_away_gets_all_mails_in_their_order_when_it_is_back(
    ledger: Ledger, free_port: int
) -> None:
    with mail_server(free_port) as mail:
        url = mail.url
    put(ledger, 3, url)
    with clock.frozen(NOW):
        assert send_waiting(ledger, receivers_of([url]), seconds=30) == 0
    with mail_server(free_port) as mail, clock.frozen(NOW + 2 * MINUTE):
        assert send_waiting(ledger, receivers_of([url]), seconds=30) == 3
    assert mail.subjects == ["alert 000", "alert 001", "alert 002"]


@pytest.mark.parametrize("status", [401, 404, 429, 503])
def test_a_receiver_that_refuses_is_tried_again_less_and_less_often(
    ledger: Ledger, hook: Webhook, rows: Rows, status: int
) -> None:
    hook.status = status
    at, tried = NOW, []
    put(ledger, 1, hook.url)
    for _ in range(4):
        with clock.frozen(at):
            send_waiting(ledger, receivers_of([hook.url]), seconds=30)
        next_try = rows("SELECT next_try_at FROM alerts")[0][0]
        assert isinstance(next_try, datetime)
        tried.append((next_try - at) / MINUTE)
        at = next_try
    assert (tried, hook.asked) == ([1, 2, 4, 8], 4)
    hook.status = 200
    with clock.frozen(at):
        assert send_waiting(ledger, receivers_of([hook.url]), seconds=30) == 1


# Killed


def test_a_sender_that_is_killed_before_the_answer_loses_nothing(
    server: Server, database: str, ledger: Ledger, hook: Webhook
) -> None:
    put(ledger, 3, hook.url)
    child = sender(server.url(database), hook.url, NOW)
    hook.before = child.kill
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    hook.before = lambda: None
    with clock.frozen(NOW):
        assert send_waiting(ledger, receivers_of([hook.url]), seconds=30) == 2  # the third may be on its way still
    with clock.frozen(NOW + MINUTE):
        assert send_waiting(ledger, receivers_of([hook.url]), seconds=30) == 1
    assert set(hook.titles) == {"alert 000", "alert 001", "alert 002"}
    assert len(hook.got) <= 4  # the one in question may have been taken twice


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=pytest.mark.campaign)])
def test_senders_that_are_killed_anywhere_lose_nothing_and_repeat_what_was_not_noted_alone(
    server: Server, database: str, ledger: Ledger, hook: Webhook, rows: Rows, kills: int
) -> None:
    """Each finds what failed and sends it to a webhook and a mail server, and is killed at a random moment: every
    second one of its whole life, the others while something is on its way.
    """
    random.seed(kills)
    hook.before = lambda: time.sleep(0.003)
    runs = [FailedRun("sync", "run-000", NOW)]
    number = killed = 0
    with mail_server() as mail:
        urls = [hook.url, mail.url]
        whole = sender(server.url(database), "\n".join(urls), NOW, *runs)
        life = -time.monotonic()
        whole.start()
        whole.join()
        life += time.monotonic()
        while killed < kills:
            number += 1
            at = NOW + number * DAY
            runs += [FailedRun("sync", f"run-{2 * number - 1:03}", at), FailedRun("apply", f"run-{2 * number:03}", at)]
            taken = len(hook.got) + len(mail.got)
            child = sender(server.url(database), "\n".join(random.sample(urls, 2)), at, *runs)
            child.start()
            while number % 2 and len(hook.got) + len(mail.got) == taken and child.is_alive():
                time.sleep(0.001)
            time.sleep(random.random() * (0.04 if number % 2 else life))
            child.kill()
            child.join()
            killed += child.exitcode == -signal.SIGKILL
        with clock.frozen(NOW + (number + 1) * DAY):
            tell(ledger, environment(*urls), lambda _: {}, runs, seconds=300)
        to_hook, to_mail = (each.id for each in receivers_of(urls))
        taken_by = [(to_hook, message["message"]) for message in hook.got]
        taken_by += [(to_mail, message.get_content()) for message in mail.got]
    got = Counter((receiver, _run_of(text)) for receiver, text in taken_by)
    assert set(got) == {(receiver, run.run_id) for receiver in (to_hook, to_mail) for run in runs}
    claims = {(str(row[0]), _run_of(str(row[1]))): row[2] for row in rows("SELECT receiver, body, tries FROM alerts")}
    assert [each for each in got if got[each] > claims[each]] == []  # twice only what was claimed twice, and a kill …
    assert sum(claims.values()) - len(claims) <= kills  # … leaves one claim at most that is not noted as sent


def _run_of(text: str) -> str:
    """The run that an alert tells of."""
    return text.partition("Run ")[2].partition(".")[0]


def test_what_is_found_due_is_not_lost_when_the_process_dies_before_it_sends(
    server: Server, database: str, ledger: Ledger, hook: Webhook
) -> None:
    child = sender(server.url(database), hook.url, NOW, FAILED)
    hook.before, hook.status = child.kill, 503
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    hook.before, hook.status = lambda: None, 200
    assert told(ledger, hook.url, at=NOW + MINUTE) == AlertCounts(new=0, sent=1, waiting=0)
    assert hook.titles == ["entra-emply: sync failed"]


# Names and secrets


def one_held(ledger: Ledger) -> Systems:
    """Somebody's deactivation is held."""
    systems = Systems(ledger, make_scenario({"łukasz": ["g-staff"], "søren": ["g-staff"]}))
    with clock.frozen(NOW - MINUTE):
        systems.sync()
    systems.settings["guards"] = {"max_deactivations": {"min_count": 0, "percent": 0}}
    systems.person("łukasz")["accountEnabled"] = False
    with clock.frozen(NOW - MINUTE):
        systems.sync()
    return systems


@pytest.fixture
def holding(begin: Begin) -> Systems:
    return begin(one_held)


def test_nobody_is_named_unless_the_settings_say_so(holding: Systems, hook: Webhook, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("alerts: {names: false}")
    told(holding.ledger, hook.url, settings=settings)
    assert "łukasz" not in str(hook.got)
    settings.write_text("alerts: {names: true}")
    with webhook() as second:
        told(holding.ledger, second.url, settings=settings)
    assert "Who: łukasz@contoso.com" in second.got[0]["message"]


def test_settings_that_are_wrong_name_nobody_and_keep_nobody_from_being_told(
    holding: Systems, hook: Webhook, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("alerts: {names: maybe}")
    told(holding.ledger, hook.url, settings=settings)
    assert hook.titles == ["entra-emply: 1 action waits for approval"]
    assert "łukasz" not in str(hook.got)


def test_no_address_is_shown(ledger: Ledger, hook: Webhook, rows: Rows, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with mail_server() as mail:
        told(ledger, hook.url, mail.url, failed=(FAILED,))
    hook.status = 503
    put(ledger, 1, hook.url, mail.url)
    told(ledger, hook.url, mail.url)
    said = [record.getMessage() for record in caplog.records if record.name != "mail.log"]  # the mail server's own
    everything = [said, rows("SELECT * FROM alerts"), receivers_of([hook.url]), environment(hook.url)]
    assert "canary" not in repr(everything)


def test_an_address_that_is_unknown_is_told_of_by_its_place(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SettingsError, match="ALERT_URLS: address 2 is none that Apprise knows") as caught:
        told(ledger, "json://127.0.0.1/canary", "canary://nobody:canary@nowhere")
    assert "canary" not in str(caught.value) + caplog.text


# The rest


def test_the_ends_of_credentials_are_looked_up_once_a_day(ledger: Ledger, hook: Webhook) -> None:
    looked = []

    def look(_environment: Environment) -> dict[str, datetime | None]:
        looked.append(clock.now())
        return {"entra: client secret": NOW + 14 * DAY, "emply: token": None}

    for hours in (0, 1, 23, 24, 25):
        with clock.frozen(NOW + timedelta(hours=hours)):
            tell(ledger, environment(hook.url), look, seconds=30)
    assert looked == [NOW, NOW + DAY]
    assert hook.titles == ["entra-emply: Entra's client secret ends in 14 days, on 2026-12-09"]


def test_old_alerts_are_forgotten_but_none_that_might_be_told_again(ledger: Ledger, hook: Webhook, rows: Rows) -> None:
    put(ledger, 1, hook.url)
    for at, left in [(NOW + KEPT - DAY, 1), (NOW + KEPT + DAY, 0)]:
        with clock.frozen(at):
            ledger.write(retention.prune, at - 2 * DAY)
        assert rows("SELECT count(*) FROM alerts") == [(left,)]


def test_a_ledger_of_another_version_is_not_told_of(server: Server, hook: Webhook) -> None:
    empty = Ledger.open(server.url(server.create()))
    with pytest.raises(LedgerError, match="the next sync brings it to this one"):
        told(empty, hook.url)
    empty.close()
