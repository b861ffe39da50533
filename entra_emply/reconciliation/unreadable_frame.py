"""The frame of what could not be read (P5, C7, G5b): kind, id and code, stored with each source that some rules need.

Not here: what a service must answer to be believed (`connectors`), whose code is which (`unreadable`), and what a plan
leaves out because of it (`rules.left_out`).
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from entra_emply.reconciliation.inputs import UNREADABLE_COLUMNS

UNREADABLE = "unreadable"
"""What the frame is called among the others of its source."""
SOURCES_OF = "sources"
"""The kind of a row that is about a source altogether; the others are about people: photos, mailboxes."""

_ONE, _SEVERAL = {"photos": "photo", "mailboxes": "mailbox"}, {"photos": "photos", "mailboxes": "mailboxes"}

Frames = Mapping[str, pd.DataFrame]


def unreadable(kind: str, codes: Mapping[str, str]) -> pd.DataFrame:
    """The frame of what a service said, by the id of the person or source."""
    rows = [(kind, whose, code) for whose, code in sorted(codes.items())]
    return pd.DataFrame(rows, columns=list(UNREADABLE_COLUMNS)).astype(UNREADABLE_COLUMNS)


def merged(sets: Iterable[Frames]) -> dict[str, pd.DataFrame]:
    """The frames of several sources by name, with all that could not be read of them as one frame.

    A person who is unreadable in one of their calendars has no row in `entra_mailboxes`: it is not known what is there.
    """
    found: dict[str, pd.DataFrame] = {}
    parts = [unreadable(SOURCES_OF, {})]
    for frames in sets:
        found |= {name: frame for name, frame in frames.items() if name != UNREADABLE}
        parts += [frames[UNREADABLE]] if UNREADABLE in frames else []
    rows = pd.concat(parts).sort_values(["kind", "id", "code"]).drop_duplicates(["kind", "id"], ignore_index=True)
    mailboxes, closed = found.get("entra_mailboxes"), rows.loc[rows["kind"] == "mailboxes", "id"]
    if mailboxes is not None and len(mailboxes) and len(closed):
        found["entra_mailboxes"] = mailboxes[~mailboxes["entra_id"].isin(closed)].reset_index(drop=True)
    return found | {UNREADABLE: rows}


def sources_of(rows: pd.DataFrame) -> frozenset[str]:
    """The sources that could not be read altogether."""
    return frozenset(rows.loc[rows["kind"] == SOURCES_OF, "id"])


def counts_by_code(rows: pd.DataFrame) -> dict[str, int]:
    """How often each code came, for numbers that plot over runs."""
    return {str(code): int(count) for code, count in rows["code"].value_counts().sort_index().items()}


def summary(rows: pd.DataFrame) -> str:
    """ "not read: 2 photos (503), 1 mailbox (no_answer), emply_calendars (500)"; names nobody. Empty for nothing."""
    of_people = rows[rows["kind"] != SOURCES_OF].groupby(["kind", "code"]).size().reset_index(name="count")
    said = [
        f"{count} {(_ONE if count == 1 else _SEVERAL)[kind]} ({code})"
        for kind, code, count in of_people.itertuples(index=False)
    ]
    of_sources = rows[rows["kind"] == SOURCES_OF]
    said += [f"{source} ({code})" for source, code in zip(of_sources["id"], of_sources["code"], strict=True)]
    return f"not read: {', '.join(said)}" if said else ""
