"""Which actions somebody means: one test a filter, and what each compares."""

import pandas as pd
import pytest

from entra_emply.ledger.which import ANY, Which, domains

ACTIONS = pd.DataFrame(
    {
        "action_id": ["a1", "a2", "a3"],
        "target": ["emply", "entra", "emply"],
        "kind": ["create_user", "create_user", "set_roles"],
        "subject": ["Åse@Contoso.com", "ole@fabri\u200bkam.com", None],
        "groups": ["g-hr g-staff", "g-staffing", None],
        "entra_id": ["åse", "ole", None],
        "emply_user_id": [None, "emply-ole", "emply-zofia"],
    },
    dtype="str",
)


@pytest.mark.parametrize(
    ("which", "fitting"),
    [
        (ANY, ["a1", "a2", "a3"]),
        (Which(kind="create_user"), ["a1", "a2"]),
        (Which(kind="emply.create_user"), ["a1"]),
        (Which(domain="contoso.com"), ["a1"]),
        (Which(domain="@CONTOSO.com"), ["a1"]),
        (Which(domain="fabrikam.com"), ["a2"]),
        (Which(domain="con\u200btoso.com"), ["a1"]),
        (Which(domain="so.com"), []),
        (Which(domain="\u200b"), []),
        (Which(group="g-staff"), ["a1"]),
        (Which(person=" ÅSE@contoso.com"), ["a1"]),
        (Which(person="ole"), ["a2"]),
        (Which(person="emply-zofia"), ["a3"]),
        (Which(person="\u200b"), []),
        (Which(action_ids=["a2", "a4"]), ["a2"]),
        (Which(action_ids=[]), []),
        (Which(kind="create_user", domain="fabrikam.com"), ["a2"]),
        (Which(kind="set_roles", domain="fabrikam.com"), []),
    ],
)
def test_actions_that_fit_everything_given_are_meant(which: Which, fitting: list[str]) -> None:
    assert ACTIONS.loc[which.fits(ACTIONS), "action_id"].tolist() == fitting


def test_of_no_actions_none_fits() -> None:
    everything = Which(kind="set_roles", domain="contoso.com", group="g-hr", person="ole", action_ids=["a1"])
    assert everything.fits(ACTIONS.iloc[:0]).tolist() == []


def test_what_a_form_leaves_empty_is_any() -> None:
    assert Which.of({"kind": "", "domain": "contoso.com", "by": "Ada"}) == Which(domain="contoso.com")


def test_a_form_names_no_ids() -> None:
    assert Which.of({"action_ids": "a1"}) == ANY


def test_a_domain_is_what_stands_behind_the_last_at() -> None:
    found = domains(pd.Series(["a@b@Contoso.com", "ole", "ole@", None], dtype="str"))
    assert found.fillna("none").tolist() == ["contoso.com", "none", "", "none"]
