"""What people ask about a person: the questions that users of such an integration have, answered for this one. Each has
a name by which `--json` and the tests know it. The answers are in `answers`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from entra_emply.reconciliation.explain.answers import content, logins, roles
from entra_emply.reconciliation.explain.facts import Facts

QUESTIONS: dict[str, tuple[str, Callable[[Facts], str | None]]] = {
    "employees_first": ("Must the employee exist before the user?", logins.employees_first),
    "connected": ("How is the Entra user connected to the profile in Emply?", logins.connected),
    "made_by_hand": ("Can the login be made by hand, and is it synchronised then?", logins.made_by_hand),
    "outside_groups": ("Can there be a user in Emply who is in no group of Entra?", logins.outside_groups),
    "guests": ("Can a guest (B2B) be synchronised?", logins.guests),
    "guest_sign_in": ("Can this guest use single sign-on?", logins.guest_sign_in),
    "several_groups": ("Can this user be in several groups?", roles.several_groups),
    "single_role": ("Why does this user not have the expected roles, but only a single one?", roles.single_role),
    "after_first_sync": ("What happens to the roles after the first sync?", roles.after_first_sync),
    "removed_from_group": ("What happens when this user is removed from the group?", roles.removed_from_group),
    "group_taken_out": ("What happens when a group is taken out of the integration?", roles.group_taken_out),
    "deleted": ("How do the rules for deletion work?", logins.deleted),
    "still_active": ("The user was deleted in Entra: why is the login still active in Emply?", logins.still_active),
    "pictures": ("How is the profile picture synchronised?", content.pictures),
    "pictures_both_ways": ("Does the profile picture go from Emply to Entra?", content.pictures_both_ways),
    "calendar": ("How is the calendar synchronised with Microsoft 365?", content.calendar),
    "calendar_missing": ("Why is Emply not synchronised with this user's calendar?", content.calendar_missing),
    "often": ("How often is it synchronised?", content.often),
    "written_to_entra": ("Does Emply change this user in Entra, and how is that avoided?", content.written_to_entra),
    "hybrid": ("Does it work with a hybrid setup?", content.hybrid),
    "removed_integration": ("What happens when the integration is removed?", content.removed_integration),
}


_OF_ANY_TIME = ("pictures_both_ways", "hybrid", "often", "removed_integration")


@dataclass(frozen=True)
class Answer:
    """A question that can be asked about a person, and the answer for this one."""

    name: str
    question: str
    answer: str


def answers(facts: Facts) -> Iterator[Answer]:
    """The questions that can be asked about the person, each with its answer. With the integration off (X), only what
    does not depend on it.
    """
    for name, (question, answer) in QUESTIONS.items():
        said = answer(facts) if facts.settings.enabled or name in _OF_ANY_TIME else None
        if said is not None:
            yield Answer(name, question, said)
