"""What happened as a table: for `history`, and for the end of an explanation."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]

_COLOURS = {"applied": "green", "failed": "red", "approved": "cyan", "superseded": "dim", "interrupted": "dim"}
_SHORT_ID = 12


def history_table(events: Sequence[Row]) -> Table:
    """The events, newest first: when, what, to whom (or to how many), by whom and why."""
    one_by_one = bool(events) and "action_id" in events[0]
    of_one = one_by_one and len({event["subject"] for event in events}) == 1
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("when (UTC)", "event", "action", "plan"):
        table.add_column(name, no_wrap=True, overflow="fold")
    if not of_one:
        table.add_column("who" if one_by_one else "how many", overflow="fold")
    table.add_column("by, why", overflow="fold")
    for event in events:
        who = Text(str((event["subject"] or "") if one_by_one else event["count"]))
        table.add_row(
            f"{event['at']:%Y-%m-%d %H:%M}",
            Text(event["event"], style=_COLOURS.get(event["event"], "")),
            event["kind"],
            event["plan_id"][:_SHORT_ID],
            *(() if of_one else (who,)),
            Text(_why(event)),
        )
    return table


def _why(event: Row) -> str:
    """Who and why, or what the target or the rule said."""
    if event["by"]:
        ending = f" ({event['code']})" if event["code"] else ""
        return f"{event['by']}: {event['why']}{ending}" if event["why"] else str(event["by"])
    if event["code"]:
        return str(event["code"])
    held = f", held by {event['held_by']}" if event["event"] == "planned" and event.get("held_by") else ""
    return f"{event['rule']}{held}" if event.get("rule") else ""
