"""The document of `explain`: of what it was read, and who was found. docs/explain.md describes it.

Not here: what is told of one person (`explanation`), and where their rows come from (`person`, `offline`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


def source(
    asked: str, kind: str, *, run_id: str | None, read_at: datetime | str, settings_changed: bool = False
) -> dict[str, Any]:
    """What the document is read of. kind: run, live or offline. read_at: a text where the document is JSON already."""
    return {
        "asked": asked,
        "source": kind,
        "run_id": run_id,
        "read_at": read_at,
        "settings_changed": settings_changed,
    }


def somebody(asked: str, people: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The people who carry what was asked for, each with the document that `explanation` makes."""
    several = f"{len(people)} people carry {asked.strip()}." if len(people) > 1 else ""
    return {"sentence": several, "near": [], "people": list(people), "history": []}


def nobody(asked: str, near: Sequence[str], history: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """That nobody carries it; with nearly the same addresses, and what the ledger knows of it."""
    sentences = [f"Nobody in Entra or Emply has {asked.strip()!r} as e-mail, sign-in name, username or id."]
    if near:
        sentences.append(f"Nearly the same: {', '.join(near)}.")
    if history:
        sentences.append("The ledger knows what was done about it in the past.")
    return {"sentence": " ".join(sentences), "near": list(near), "people": [], "history": list(history)}
