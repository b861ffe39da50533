"""What the signatures of several commands share: options, and the example below a help text. Nothing is done here."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Kind = Annotated[str | None, typer.Option(help="Only actions of this kind, such as set_roles.")]
Domain = Annotated[str | None, typer.Option(help="Only people with an address in this domain.")]
Person = Annotated[str | None, typer.Option(metavar="EMAIL", help="Only this person: an address or an id.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; recorded with the decision.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask. Without a terminal there is never a question.")]
EmplyOpenApi = Annotated[
    Path | None,
    typer.Option("--emply-openapi", metavar="FILE", help="Compare with Emply's own OpenAPI document (JSON or YAML)."),
]
Users = Annotated[int, typer.Option("--users", min=1, help="How many people the made-up company has.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed makes the same company.")]
Churn = Annotated[bool, typer.Option("--churn", help="People join, move and leave, and events change, while it runs.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The sandbox's port; 0 takes any free one.")]


def example(text: str) -> str:
    """The last line of a command's help."""
    return f"Example: {text}"
