"""Finding people by parts of names and addresses: with and without accents, each person once."""

import pandas as pd
import pytest

from entra_emply import clock
from entra_emply.console.queries.people import People, folded
from entra_emply.reconciliation.explain.in_memory import InMemory
from tests.reference.vectorised import inputs_of

USERS = [
    ("u1", "soren@contoso.com", "Søren", "Kjær-Ågård"),
    ("u2", "lucja@contoso.pl", "Łucja", "Święcicka"),
    ("u3", "cagla@contoso.com", "Çağla", "Işık"),
    ("u4", "jan@contoso.com", "Jan", "Nowak"),
]
SCENARIO = {
    "entra": {
        "users": [
            {"id": id_, "userPrincipalName": upn, "mail": upn, "givenName": first, "surname": last}
            for id_, upn, first, last in USERS
        ]
    },
    "emply": {
        "users": [
            {"id": "l1", "username": "soren@contoso.com", "firstName": "Soeren", "lastName": "K", "employeeId": "e1"},
            {"id": "l9", "username": "extern@fabrikam.com", "email": "extern@fabrikam.com", "firstName": "Zoë"},
        ],
        "employees": [
            {"id": "e1", "number": 4711, "email": "soren.private@example.com", "firstName": "Søren"},
            {"id": "e9", "number": 4712, "email": "only@contoso.com", "firstName": "Only", "lastName": "Employee"},
        ],
    },
}


@pytest.fixture(scope="module")
def people() -> People:
    return People.of(InMemory.of(inputs_of(SCENARIO, {}, {}, clock.now())))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("søren", ["u1"]),
        ("SOREN", ["u1"]),
        ("kjaer", ["u1"]),
        ("agard", ["u1"]),
        ("lucja swie", ["u2"]),
        ("isik", ["u3"]),
        ("cag", ["u3"]),
        ("contoso.pl", ["u2"]),
        ("soeren", ["u1"]),  # as Emply calls him
        ("4711", ["u1"]),  # his employee's number
        ("private@example", ["u1"]),
        ("zoe", ["l9"]),
        ("only emp", ["e9"]),
        ("jan nobody", []),
        ("%", []),
        (".*", []),
        ("j", []),
    ],
)
def test_a_person_is_found_once_by_what_either_system_calls_them(people: People, typed: str, found: list[str]) -> None:
    assert [each.id for each in people.find(typed, 10)[0]] == found


def test_those_whose_name_begins_so_come_first_and_all_are_counted(people: People) -> None:
    found, count = people.find("ja", 1)
    assert ([each.id for each in found], count) == (["u4"], 3)  # and Łucja, and Søren Kjær


def test_the_address_is_the_e_mail_without_blanks_and_else_the_sign_in_name() -> None:
    guest = {"userPrincipalName": "zoe_fabrikam.com#EXT#@contoso.com", "givenName": "Zoë", "userType": "Guest"}
    mails = {"u1": " Zoe@fabrikam.com\u200b ", "u2": None}
    users = [{**guest, "id": identity, "mail": mail} for identity, mail in mails.items()]
    found, _ = People.of(InMemory.of(inputs_of({"entra": {"users": users}}, {}, {}, clock.now()))).find("zoë", 2)
    assert {each.id: each.address for each in found} == {"u1": "Zoe@fabrikam.com", "u2": guest["userPrincipalName"]}


def test_nobody_at_all_is_found_in_nothing() -> None:
    nobody = People(pd.DataFrame(columns=["id", "name", "address", "where", "text"], dtype="str"))
    assert nobody.find("jan", 10) == ([], 0)


def test_letters_are_folded() -> None:
    texts = pd.Series(["Ægir Þór", "İpek", "Groß", "Đặng"], dtype="str")
    assert folded(texts).tolist() == [" aegir thor", " ipek", " gross", " dang"]
