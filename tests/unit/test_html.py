"""The plan as a page: whole, escaped, and asking nobody for anything."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from markupsafe import escape

from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.report.html import groups_of, html, is_one_page
from entra_emply.reconciliation.report.wording import because, document
from tests.reference.builders import login, person, scenario
from tests.reference.subject import Row, Scenario
from tests.reference.vectorised import inputs_of

STRICT = {"max_grants": {"min_count": 0, "percent": 0}}
LUCJA = 'Łucja <script>alert("x")</script> & Søn'


def page(case: Scenario) -> tuple[Row, str]:
    """The plan of a scenario as JSON and as a page."""
    of = inputs_of(*case)
    plan = make_plan(of)
    made = document(plan, of.now, "m1")
    return made, html(made, of.names, because(plan.actions), groups_of(plan.actions))


@pytest.fixture
def joiner() -> tuple[Row, str]:
    """A newcomer with a dangerous name, held; and a mover."""
    new = person("łucja", givenName=LUCJA)
    return page(scenario([new, person()], [login(roles=["HR"])], linked=["megan"], guards=STRICT))


@pytest.mark.parametrize(("actions", "findings", "one_page"), [(9_000, 1_000, True), (1, 10_000, False)])
def test_what_fits_on_a_page_counts_findings_too(actions: int, findings: int, one_page: bool) -> None:
    assert is_one_page(pd.DataFrame(index=range(actions)), pd.DataFrame(index=range(findings))) is one_page


class Seen(HTMLParser):
    """Every tag, and every attribute that names an address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href", "action", "data")]


def test_names_of_people_are_text_and_nothing_else(joiner: tuple[Row, str]) -> None:
    _, text = joiner
    assert LUCJA not in text
    assert "Łucja &lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; Søn" in text
    assert Seen(text).tags.count("script") == 1


def test_the_page_is_one_file_that_loads_nothing(joiner: tuple[Row, str]) -> None:
    seen = Seen(joiner[1])
    assert seen.addresses == []
    assert not {"link", "img", "iframe", "object"} & set(seen.tags)
    assert re.findall(r"url\(|@import|https?://", joiner[1]) == []
    assert "default-src 'none'" in joiner[1]


def test_every_action_and_finding_is_on_the_page_with_before_after_why_and_remedy(joiner: tuple[Row, str]) -> None:
    plan, text = joiner
    for action in plan["actions"]:
        assert f'<tr id="{action["action_id"]}">' in text
    assert "<del>HR</del> → <ins>Employee, HR</ins>" in text
    assert "R4: joined a configured group" in text
    assert "held by G7: more people would get access within 24 hours than <code>max_grants</code> allows" in text
    for finding in plan["findings"]:
        assert escape(finding["remedy"]) in text


def test_the_overviews_count_by_kind_domain_and_group(joiner: tuple[Row, str]) -> None:
    text = " ".join(joiner[1].split())
    assert "emply.create_user: 1, held 1" in text
    assert '<td>contoso.com</td><td class="number">2</td><td class="number held">1</td>' in text
    assert '<td>Employees</td><td class="number">2</td>' in text
    assert f"entra-emply approve {joiner[0]['plan_id'][:12]} --by NAME" in text


def test_without_groups_there_is_no_overview_of_them(joiner: tuple[Row, str]) -> None:
    assert "By group" not in html(joiner[0], {}, {})
    assert "By group" in joiner[1]


def test_one_action_and_one_finding_are_told_in_the_singular(joiner: tuple[Row, str]) -> None:
    plan = joiner[0]
    held = [action for action in plan["actions"] if action["held_by"]][:1]
    text = html({**plan, "actions": held, "findings": plan["findings"][:1]}, {}, {})
    assert "<p>1 action, 1 held; 1 finding.</p>" in text


def test_a_plan_with_nothing_to_do_says_so() -> None:
    text = page(scenario())[1]
    assert "Nothing to do." in text
    assert "Nothing that a person has to look at." in text
    assert "<svg" not in text
