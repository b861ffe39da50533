"""The plan, its findings and what came of it as Markdown: counts first, the held ones on top, names as written."""

import re
from collections import Counter
from typing import Unpack

import pandas as pd
import pytest

from entra_emply.ledger.action import Action
from entra_emply.ledger.action_status import ActionFailure
from entra_emply.provisioning.report import ApplyReport, report_markdown
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.report.markdown import escaped, findings_markdown, plan_markdown
from tests.reference.builders import SomeSettings, login, person, scenario
from tests.reference.subject import Row
from tests.reference.vectorised import inputs_of

HELD = {"max_grants": {"min_count": 0, "percent": 0}}
EVIL = [
    "*|<script>alert(1)</script>",
    "a\nb | c",
    "[x](http://y.z)",
    "_Łucja_ `Święcicka`",
    "# Çağla\\",
    "&lt;Søren&gt; ~~ ![y](x)",
]


def plan_text(
    *people: Row, logins: tuple[Row, ...] = (), approval: str = "HOW", **settings: Unpack[SomeSettings]
) -> str:
    inputs = inputs_of(*scenario(list(people), list(logins), **settings))
    return plan_markdown(make_plan(inputs), inputs.names, approval)


def unescaped(markdown: str) -> str:
    """What a reader sees of escaped text."""
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_`<>|\[\]#&~!]", markdown)
    return re.sub(r"\\(.)", r"\1", markdown)


@pytest.mark.parametrize("name", EVIL)
def test_a_name_shows_as_it_is_written_on_one_line(name: str) -> None:
    assert "\n" not in escaped(name)
    assert unescaped(escaped(name)) == name.replace("\n", "⏎")


def test_a_letter_that_cannot_be_seen_is_replaced() -> None:
    assert escaped("a\u202eb\x00") == "a\ufffdb\ufffd"


@pytest.mark.parametrize("name", EVIL)
def test_no_name_is_markup_in_a_plan(name: str) -> None:
    lines = plan_text(person("ada", givenName=name)).splitlines()
    listed = [line for line in lines if "emply.create_user" in line and line.startswith("- ")]
    assert len(listed) == 1
    assert escaped(f"first name: {name}") in listed[0]


def test_the_kinds_are_counted_first_with_what_is_held() -> None:
    text = plan_text(person("ada"), person("ole"), guards=HELD)
    assert text.splitlines()[2] == "| `emply.create_user` | joiners: create a login | 2 | 2 |"


def test_what_is_held_says_by_which_guard_and_how_to_approve() -> None:
    text = plan_text(person("ada"), guards=HELD, approval="entra-emply approve 3f9c")
    assert "**G7** holds 1: more people would get access within 24 hours than `max_grants` allows" in text
    assert "To approve: `entra-emply approve 3f9c`" in text


def test_where_nothing_is_held_nothing_is_said_of_approving() -> None:
    assert "approve" not in plan_text(person("ada"))


def test_the_held_ones_are_listed_first() -> None:
    protected = login("zoe", roles=["Administrator"])
    text = plan_text(person("ada"), person("zoe"), logins=(protected,), protected_roles=["Administrator"])
    listed = [line for line in text.splitlines() if line.startswith("- ") and "`ledger.link_user`" in line]
    assert listed[0].startswith("- **held by G3**: zoe@")


def test_a_line_says_why_its_guard_holds_it_where_that_guard_has_several_causes() -> None:
    protected = login("zoe", roles=["Administrator"])
    text = plan_text(person("zoe", givenName="Zoë"), logins=(protected,), protected_roles=["Administrator"])
    listed = [line for line in text.splitlines() if line.startswith("- **held by")]
    assert listed[0].startswith("- **held by G3 (the user holds a protected role)**: zoe@")
    assert listed[1].startswith(
        "- **held by G3 (the user's link is held, and the user's other actions wait for it)**: zoe@"
    )
    assert "- **G3** holds 1: the user holds a protected role" in text.splitlines()


def test_the_first_fifty_rows_are_listed_one_line_each() -> None:
    text = plan_text(*(person(f"person-{number}") for number in range(60)))
    assert "#### The actions: the first 50 of 60" in text
    assert sum("`emply.create_user`" in line and line.startswith("- ") for line in text.splitlines()) == 50


def test_an_empty_plan_says_so() -> None:
    assert plan_text() == "Nothing to do."


def findings(*codes: tuple[str, str, str]) -> pd.DataFrame:
    columns = ["code", "severity", "subject"]
    rows = pd.DataFrame(codes, columns=columns, dtype="str")
    return rows.assign(rule="L9", message="What it is.", remedy="Set `nested_groups: true`.", object=None)


def test_findings_are_told_by_severity_with_their_remedy() -> None:
    text = findings_markdown(findings(("b", "info", "ada@x.dk"), ("a", "error", "ole@x.dk"), ("b", "info", "zoe@x.dk")))
    assert text.index("#### error (1)") < text.index("#### info (2)")
    assert "- `b` (2, L9): What it is. *What to do: Set `nested_groups: true`.*" in text
    assert text.index("ole@") < text.index("ada@")


def test_one_code_may_have_two_severities() -> None:
    text = findings_markdown(findings(("a", "info", "ada@x.dk"), ("a", "error", "ole@x.dk"), ("a", "info", "zoe@x.dk")))
    error, info = text.index("#### error (1)"), text.index("#### info (2)")
    assert error < text.index("- `a` (1, L9)") < info < text.index("- `a` (2, L9)")


def test_the_first_findings_are_listed() -> None:
    text = findings_markdown(findings(*[("a", "info", f"{n}@x.dk") for n in range(60)], ("b", "error", "last@x.dk")))
    assert "#### The findings: the first 50 of 61" in text
    listed = [line for line in text.splitlines() if line.startswith(("- error", "- info"))]
    assert len(listed) == 50
    assert "last@x.dk" in listed[0]


def test_no_findings_say_so() -> None:
    assert findings_markdown(findings()) == "Nothing that a person has to look at."


def action(action_id: str, kind: str = "set_roles") -> Action:
    return Action(1, action_id, "emply", kind, "R5", None, "e", "u", None, None, None, approved=False)


def test_what_failed_is_told_with_the_code_of_the_service_and_whom_it_is_about() -> None:
    failures = [
        ActionFailure("1", "emply.set_roles", "ada|x@contoso.com", "failed", "422 duplicate", 1),
        ActionFailure("2", "emply.update_user", None, "quarantined", "403", 8),
    ]
    text = report_markdown(ApplyReport(1), "3f9c12ab45de99", failures)
    assert "- ada\\|x@contoso.com `emply.set_roles` **failed** (422 duplicate)" in text
    assert "- (no address) `emply.update_user` **quarantined** (403)" in text
    assert "waits for `entra-emply release`" in text


def test_what_was_applied_is_counted_by_kind_and_what_is_held_says_how_to_approve() -> None:
    report = ApplyReport(1, results={"emply.set_roles": Counter(applied=3, superseded=1)}, held=2)
    text = report_markdown(report, "3f9c12ab45de99", [])
    assert "| `emply.set_roles` | 3 | 1 | 0 | 0 |" in text
    assert "2 actions are held: `entra-emply approve 3f9c12ab45de --by NAME --reason TEXT`." in text
    assert "What to look at" not in text


def test_a_single_action_is_held_and_tried_later_in_the_singular() -> None:
    text = report_markdown(ApplyReport(1, held=1, untried=1), "3f9c12ab45de99", [])
    assert "1 action is held: `entra-emply approve" in text
    assert "1 action was not tried, because a service was down: the next run tries it." in text


@pytest.mark.parametrize(("left_open", "told"), [(1, "1 attempt of earlier runs"), (2, "2 attempts of earlier runs")])
def test_attempts_that_earlier_runs_left_open_are_counted(left_open: int, told: str) -> None:
    report = ApplyReport(1, left_open=left_open)
    assert report.trouble["unknown"] == left_open
    assert told in report_markdown(report, "3f9c12ab45de99", [])
