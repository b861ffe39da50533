"""Which actions of a plan have to follow one another. Not here: who carries them out (`crew`).

One person's actions do, in the order of applying; different people's do not: no action of one person depends on what
another person's does, but for deactivations and links, which `apply` finishes before anything else.

- An address that one login gives up is never another's in the same plan: logins only fill what they lack, with what
  nobody has (A2, L1a, W1), and no plan changes an address.
- Outlook's ids belong to a mailbox, a calendar's and an event's actions name its owner: a move from one calendar to
  another, the end of a calendar and the addition in its place (C1a, C4), and what Outlook and Emply do to one event are
  one person's. Requests to one mailbox are so never side by side; Outlook would allow four.
- A login and the Entra user that is deleted with it (W3) are one person.
"""

from collections.abc import Iterator, Sequence

from entra_emply.ledger.action import Action

Key = tuple[str, str]


def lanes_of(actions: Sequence[Action]) -> list[list[int]]:
    """The places of the actions, one list a person, each in the order of `actions`, as the lists by their first.

    Actions are of one person where they share an Entra user or an Emply user, also through other actions. Without an
    Emply user (a room's, or nobody's) they are also where they share an Entra calendar.
    """
    parents: dict[Key, Key] = {}  # of union-find: keys with one root are of one person
    first_keys = []
    for action in actions:
        first, *others = list(_keys(action)) or [("action", action.action_id)]
        first_keys.append(first)
        for key in others:
            parents[_root(parents, key)] = _root(parents, first)
    lanes: dict[Key, list[int]] = {}
    for place, key in enumerate(first_keys):
        lanes.setdefault(_root(parents, key), []).append(place)
    return list(lanes.values())


def _keys(action: Action) -> Iterator[Key]:
    if action.entra_id is not None:
        yield "entra", action.entra_id
    if action.emply_user_id is not None:
        yield "emply", action.emply_user_id
        return
    for values in (action.before or {}, action.fields):
        calendar = values.get("calendarExternalId") or values.get("externalId")
        if calendar is not None:
            yield "calendar", str(calendar)


def _root(parents: dict[Key, Key], key: Key) -> Key:
    """The key that stands for all that are of one person with this one."""
    while parents.setdefault(key, key) != key:
        parents[key] = parents[parents[key]]
        key = parents[key]
    return key
