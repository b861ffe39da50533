"""Four people, all linked and in step, and who joins or leaves them."""

from collections.abc import Callable

from entra_emply.ledger.ledger import Ledger
from tests.integration.ledger.systems import Systems, make_scenario


def make_staff(ledger: Ledger) -> Systems:
    """İpek, Søren, Łukasz and Ada, after a first run."""
    staff = ["g-staff"]
    everybody = Systems(
        ledger, make_scenario({"ipek": ["g-staff", "g-hr"], "søren": staff, "łukasz": staff, "ada": staff})
    )
    everybody.sync()
    return everybody


def hire(systems: Systems, entra_id: str) -> None:
    upn = f"{entra_id}@contoso.com"
    person = {"id": entra_id, "userPrincipalName": upn, "mail": upn, "givenName": entra_id.title(), "surname": "Żółć"}
    systems.scenario["entra"]["users"].append(person)
    systems.members("g-staff").append(entra_id)


def leave(systems: Systems, how: str) -> Callable[[], None]:
    """Ada leaves; what is returned brings her back."""
    ada, staff, rooms = systems.person("ada"), systems.members("g-staff"), systems.members("g-rooms")
    if how == "deleted":
        systems.delete("ada")
        return lambda: systems.scenario["entra"]["users"].append(ada)
    if how == "disabled":
        ada["accountEnabled"] = False
        return lambda: ada.update(accountEnabled=True)
    if how == "removed":
        staff.remove("ada")
        return lambda: staff.append("ada")
    rooms.append("ada")
    return lambda: rooms.remove("ada")


def is_active(systems: Systems, entra_id: str) -> bool:
    return next(
        bool(user["active"]) for user in systems.scenario["emply"]["users"] if user["id"] == f"emply-{entra_id}"
    )
