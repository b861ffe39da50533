"""How two plans differ, person by person: what each would do that the other would not, or would do otherwise."""

import pandas as pd

_PAIRED = ["target", "kind", "entra_id", "emply_user_id", "subject", "nth"]
_SIDES = ["action_id", "before", "after", "reason", "rule", "held_by"]


def difference(this: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """What differs between the actions of two plans (`plan.ACTION_COLUMNS`), sorted by person.

    A row an action that only one has, or that both have of one kind and person, but not alike. Columns: target, kind,
    entra_id, emply_user_id, subject, and `…_this` and `…_other` of action_id, before, after, reason, rule, held_by,
    missing where that plan has no such action.
    """
    ours = this[~this["action_id"].isin(other["action_id"])]
    theirs = other[~other["action_id"].isin(this["action_id"])]
    both = _numbered(ours).merge(_numbered(theirs), how="outer", on=_PAIRED, suffixes=("_this", "_other"))
    return both.sort_values(["subject", "target", "kind", "nth"], ignore_index=True).drop(columns="nth")


def _numbered(actions: pd.DataFrame) -> pd.DataFrame:
    """The actions, those of one kind about one person numbered, with missing ids that equal each other."""
    about = actions[_PAIRED[:-1]].fillna("")
    return about.assign(nth=about.groupby(list(about.columns)).cumcount(), **{name: actions[name] for name in _SIDES})
