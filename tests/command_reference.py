"""docs/commands.md, made of the help texts of the commands: `python -m tests.command_reference > docs/commands.md`."""

import sys
from typing import Any, get_args

import typer.main
from typer.core import TyperGroup

from pipelines.commands.cli import app

_TOP = """\
# Commands

Made of the help texts, which `entra-emply COMMAND --help` shows. A mistake is exit code 1 and one line on stderr; other
exit codes than 0 are told where there are any. `entra-emply --version` shows the version, and `entra-emply
--install-completion` lets your shell complete commands and options.
"""


def commands() -> dict[str, Any]:
    """Every command by its words, those of a group included."""
    found: dict[str, Any] = {}
    whole = typer.main.get_command(app)
    assert isinstance(whole, TyperGroup)
    for name, command in whole.commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {each}": part for each, part in inner.items()} if inner else {name: command}
    return found


def options(command: Any) -> list[str]:  # noqa: ANN401 (typer has no public type for it)
    """The options of a command, without `--help`."""
    return [parameter.opts[0] for parameter in command.params if parameter.opts[0].startswith("--")]


def reference() -> str:
    """The page."""
    return _TOP + "".join(_section(name, command) for name, command in commands().items())


def _section(name: str, command: Any) -> str:  # noqa: ANN401
    example = command.epilog.removeprefix("Example: ")
    rows = "".join(f"| {_called(each)} | {_told(each)} |\n" for each in command.params)
    table = f"\n| | |\n|---|---|\n{rows}" if rows else ""
    return f"\n## {name}\n\n{' '.join(command.help.split())}\n\n```text\n{example}\n```\n{table}"


def _called(parameter: Any) -> str:  # noqa: ANN401
    """`EMAIL`, `--once`, `--port PORT`."""
    name = parameter.opts[0]
    if not name.startswith("--"):
        return f"`{name.upper()}`"
    return f"`{name}`" if parameter.is_flag else f"`{name} {parameter.metavar or parameter.name.upper()}`"


def _told(parameter: Any) -> str:  # noqa: ANN401
    default, annotation = parameter.default, parameter.type_descriptor.annotation
    choices = [each for each in get_args(annotation) if isinstance(each, str)]
    more = [
        f"One of: {', '.join(f'`{each}`' for each in choices)}." if choices else "",
        "Required." if parameter.required and parameter.opts[0].startswith("--") else "",
        "May be given more than once." if parameter.multiple else "",
        "" if default is None or isinstance(default, bool) else f"Default: {default}.",
    ]
    return " ".join([parameter.help, *filter(None, more)])


if __name__ == "__main__":
    sys.stdout.write(reference())
