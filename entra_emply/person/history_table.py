"""The history as text: for `history`, and for the end of an explanation. Not here: the queries (`ledger.history`)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from entra_emply.printing import SHORT_ID

Row = Mapping[str, Any]

_COLOURS = {
    "applied": "green",
    "failed": "red",
    "open": "red",
    "approved": "cyan",
    "refused": "cyan",
    "undo asked": "cyan",
    "undo withdrawn": "cyan",
    "superseded": "dim",
    "interrupted": "dim",
}
_WHO, _WHAT, _WHY = "who", "what", "by, why"
_LONG = (_WHO, _WHAT, _WHY)
_UNBOUNDED = 100_000
_INDENT = 2


class _Events:
    """The events, one a line where all of them fit; else with who and why on the lines below, broken between words."""

    def __init__(self, events: Sequence[Row]) -> None:
        self._events = events

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = _columns(self._events)
        table = _table(columns)
        if console.measure(table, options=options.update(max_width=_UNBOUNDED)).maximum <= options.max_width:
            yield table
        else:
            yield from _below_each_other(columns)


def history_table(events: Sequence[Row]) -> _Events:
    """The events, newest first: when, which action of which plan, to whom (or to how many), what, by whom and why."""
    return _Events(events)


def _columns(events: Sequence[Row]) -> dict[str, list[Text]]:
    """The cells by column. Whom the events are about is left out where it is one person."""
    one_by_one = bool(events) and "action_id" in events[0]
    columns = {
        "when (UTC)": [Text(f"{event['at']:%Y-%m-%d %H:%M}") for event in events],
        "event": [Text(event["event"], style=_COLOURS.get(event["event"], "")) for event in events],
        "action": [Text(event["kind"]) for event in events],
    }
    plans = {"plan": [Text(event["plan_id"][:SHORT_ID]) for event in events]}
    if not one_by_one:
        counts = {"how many": [Text(str(event["count"])) for event in events]}
        return columns | plans | counts | {_WHY: [Text(_why(event)) for event in events]}
    columns |= {"id": [Text(event["action_id"][:SHORT_ID]) for event in events]} | plans
    if len({event["subject"] for event in events}) > 1:
        columns[_WHO] = [Text(event["subject"] or "") for event in events]
    if any(event.get("changes") for event in events):
        columns[_WHAT] = [Text("; ".join(event["changes"])) for event in events]
    return columns | {_WHY: [Text(_why(event)) for event in events]}


def _table(columns: Mapping[str, Sequence[Text]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, no_wrap=True)
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*cells)
    return table


def _below_each_other(columns: Mapping[str, Sequence[Text]]) -> Iterator[Text | Padding]:
    """The short columns in a line, and below it the long ones: who, what, by whom, why."""
    short = {name: cells for name, cells in columns.items() if name not in _LONG}
    widths = [max(len(name), *map(len, cells)) for name, cells in short.items()]
    yield _line([Text(name) for name in short], widths, style="dim")
    for number, cells in enumerate(zip(*short.values(), strict=True)):
        yield _line(cells, widths)
        for name in _LONG:
            if name in columns and columns[name][number]:
                yield Padding(columns[name][number], (0, 0, 0, _INDENT))


def _line(cells: Sequence[Text], widths: Sequence[int], style: str = "") -> Text:
    line = Text(style=style)
    for cell, width in zip(cells, widths, strict=True):
        line.append_text(cell).append(" " * (width - len(cell) + 2))
    line.rstrip()
    return line


def _why(event: Row) -> str:
    """Who decided and why, or the code of the service, or the rule of the plan in words."""
    if event["by"]:
        ending = f" ({event['code']})" if event["code"] else ""
        return f"{event['by']}: {event['why']}{ending}" if event["why"] else str(event["by"])
    if event["code"]:
        return str(event["code"])
    rule = event.get("because") or event.get("rule") or ""
    held = event.get("held_because") if event["event"] == "planned" else None
    return f"{rule}; held by {', '.join(f'{guard} ({why})' for guard, why in held.items())}" if held else str(rule)
