"""What a plan holds and why: the guards, asked of every action. Held or not is decided over the whole plan; what each
guard holds is in `guards`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, marked, take
from entra_emply.reconciliation.guards import GUARDS, Guard
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.planned_actions import PlannedActions


def held(actions: PlannedActions) -> pd.DataFrame:
    """What holds each action, indexed as the actions: held_by, held_because, own_guards, each separated by blanks, ""
    for none.

    held_because: of each guard in held_by, in order, the name of the condition that is its cause. own_guards: those of
    held_by without what only waits for the person's held link. What the newest plan held stays held by the same guards;
    what a person approved is held by none.
    """
    masks = {name: guard.rule.acts(actions) for name, guard in GUARDS.items()}
    own = {name: guard.own.acts(actions) for name, guard in GUARDS.items()}
    causes = [["", *(conditions[-1].name for conditions in guard.causes)] for guard in GUARDS.values()]
    numbers = [_cause(guard, actions, masks[name]) for name, guard in GUARDS.items()]
    names = [["", name] for name in GUARDS]
    return pd.DataFrame(
        {
            "held_by": _chosen(list(masks.values()), names),
            "held_because": _chosen(numbers, causes),
            "own_guards": _chosen(list(own.values()), names),
        },
    )


def _cause(guard: Guard, actions: PlannedActions, holds: Mask) -> Rows:
    """The place of the cause for each action that the guard holds, counted from 1; 0 for any other."""
    numbers, rows = np.zeros(len(actions), dtype=np.int64), np.flatnonzero(holds)
    for place, conditions in enumerate(guard.causes, start=1):
        if len(rows):
            given = np.logical_and.reduce([each.holds(actions, rows) for each in conditions])
            numbers[rows[given]] = place
            rows = rows[~given]
    return numbers


def _chosen(numbers: Sequence[Rows | Mask], words: Sequence[Sequence[str]]) -> "pd.Series[str]":
    """Of each row the words at these places, one of each list, separated by blanks."""
    sizes = [len(each) for each in words]
    number, used = pd.factorize(np.ravel_multi_index([each.astype(np.int64) for each in numbers], sizes))
    places = np.transpose(np.unravel_index(used, sizes))
    texts = [
        " ".join(filter(None, (each[place] for each, place in zip(words, row, strict=True)))) for row in places.tolist()
    ]
    return take(pd.Series(texts, dtype="str"), number)


def waiting(identities: Identities, actions: pd.DataFrame) -> Mask:
    """C8: the people whose link, activation or deactivation is held. `actions`: person, kind, held_by ("" for none)."""
    of = actions["kind"].isin(["link_user", "activate_user", "deactivate_user"]) & (actions["held_by"] != "")
    return marked(actions["person"].to_numpy(dtype=np.int64)[of.to_numpy(dtype=bool)], len(identities))
