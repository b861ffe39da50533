"""Emply: the ways in which its APIs differ, each with a name: `skip_take` is v1 as it is known, `whole` is API2's.

| | `skip_take` | `whole` |
|---|---|---|
| lists | `skip` and `take` cut pages out of them | always whole; `skip` and `take` are ignored, whatever they say |
| changes | PATCH with the fields that change | PUT with the whole object; what may be null and is left out is null |
| titles of roles, departments | a text | `{"localization": [{"locale": "da-DK", "value": "…"}]}` |
| errors | `{"error": {"code", "message", "fields"}}` | a problem (RFC 9457): `{"status", "title", "code", "errors"}` |
"""

from dataclasses import dataclass
from typing import Literal

from sandbox.exchange import Row

LOCALE = "da-DK"


@dataclass(frozen=True)
class Style:
    """One way. `change` is the method of changes."""

    pages: bool
    change: Literal["PATCH", "PUT"]
    translates: bool
    problems: bool

    @property
    def whole_objects(self) -> bool:
        """Whether a change has all of the object in its body."""
        return self.change == "PUT"

    def titled(self, row: Row) -> Row:
        """The row with its title as this style has it; a scenario's own translations stay."""
        title = row.get("title")
        if not self.translates or not isinstance(title, str):
            return row
        return {**row, "title": {"localization": [{"locale": LOCALE, "value": title}]}}


STYLES = {
    "skip_take": Style(pages=True, change="PATCH", translates=False, problems=False),
    "whole": Style(pages=False, change="PUT", translates=True, problems=True),
}
