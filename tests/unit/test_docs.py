"""The documentation is complete: whatever the code has, a page tells of, and the pages name nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from dagster import validate_run_config
from pydantic import BaseModel

from entra_emply.connectors.emply.description import load
from entra_emply.connectors.entra import permissions
from entra_emply.connectors.entra.permissions import Permission
from entra_emply.reconciliation.explain.questions import QUESTIONS
from entra_emply.reconciliation.findings import CATALOGUE
from entra_emply.reconciliation.kinds import ORDER
from entra_emply.reconciliation.settings import Settings, parse
from entra_emply.reconciliation.words.guards import GUARDS
from pipelines.definitions import build_defs
from tests.command_reference import commands, options, reference
from tests.documentation import DOCS, REPOSITORY, blocks, examples, pages, text_of

COMMANDS = commands()
README = REPOSITORY / "README.md"
WRITTEN = [README, *(page for page in pages() if page.name != "commands.md")]
YAML = {block.name: block.text for page in pages() for block in blocks(page) if block.language == "yaml"}
WRONG = {"wrong.yaml", "approve.yaml"}


def page(name: str) -> str:
    return text_of(DOCS / name)


def mentions() -> Iterator[tuple[str, list[str]]]:
    """Where `entra-emply` and what follows it is written, with its words."""
    for written in WRITTEN:
        for found in re.finditer(r"entra-emply ((?:[\w<>\"'@./-]+ ?)+)", text_of(written)):
            words = found[1].split()
            if words[0] in {name.split()[0] for name in COMMANDS}:
                yield f"{written.name}: {found[0]}", words


def test_every_page_is_in_the_index() -> None:
    assert sorted(pages()) == sorted(DOCS.glob("*.md"))


def test_every_link_leads_somewhere() -> None:
    broken = []
    for written in [*pages(), README]:
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text_of(written)):
            file = (written.parent / target) if target else written
            if not file.exists() or (anchor and anchor not in anchors(file)):
                broken.append(f"{written.name}: {target}#{anchor}")
    assert broken == []


def anchors(file: Path) -> set[str]:
    """The headings of a page as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", text_of(file), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_of_commands_is_made_of_their_help() -> None:
    assert page("commands.md") == reference(), "python -m tests.command_reference > docs/commands.md"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_and_every_option_a_help_text(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert command.epilog, "an example: epilog=example(…)"
    assert [parameter.name for parameter in command.params if not parameter.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_told_of_with_its_options(name: str) -> None:
    section = page("commands.md").partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert [option for option in options(COMMANDS[name]) if f"`{option}" not in section] == []
    told = any(f"`{name}" in text_of(page) or f"entra-emply {name}" in text_of(page) for page in WRITTEN)
    assert told, "another page than commands.md has to say what it is for"


def test_no_command_and_no_option_is_told_of_that_is_not_there() -> None:
    unknown = []
    for where, words in mentions():
        name = " ".join(words[:2]) if words[0] == "benchmark" else words[0]
        wrong = {word for word in words if word.startswith("--")} - {*options(COMMANDS[name]), "--help"}
        unknown += [f"{where}: {option}" for option in wrong]
    assert unknown == []


def test_what_begins_with_a_dollar_is_run_by_a_test() -> None:
    """`test_every_command_of_the_documentation…` runs console blocks, and takes no other programs than these."""
    fenced = [block for page in pages() for block in blocks(page)]
    assert [block.where for block in fenced if block.language != "console" and block.text.startswith("$ ")] == []
    programs = {example.words[0] for block in fenced if block.language == "console" for example in examples(block)}
    assert programs == {"entra-emply", "cp"}


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_finding_is_told_of_with_its_remedy(code: str) -> None:
    rows = [line for line in page("findings.md").splitlines() if line.startswith(f"| `{code}` |")]
    finding = CATALOGUE[code]
    assert len(rows) == 1, f"docs/findings.md needs one row that begins with | `{code}` |"
    assert [part for part in (finding.severity, finding.message, finding.remedy) if part not in rows[0]] == []


def keys(model: type[BaseModel]) -> set[str]:
    """The keys of the settings, those of sections included."""
    found = set(model.model_fields)
    for field in model.model_fields.values():
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= keys(kind)
    return found


def test_every_key_of_the_settings_is_told_of_and_in_the_example() -> None:
    told = page("settings.md").replace(YAML["settings.yaml"], "")
    assert {key for key in keys(Settings) if not re.search(rf"`[^`\n]*\b{key}\b[^`\n]*`", told)} == set()
    assert {key for key in keys(Settings) if not re.search(rf"\b{key}:", YAML["settings.yaml"])} == set()


@pytest.mark.parametrize("name", sorted(YAML.keys() - WRONG))
def test_settings_in_the_documentation_are_valid(name: str) -> None:
    assert parse(YAML[name], name).groups


def test_the_approval_for_the_launchpad_is_valid() -> None:
    approval = yaml.safe_load(YAML["approve.yaml"])
    assert validate_run_config(build_defs().resolve_job_def("approve"), approval)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_answered(name: str) -> None:
    assert f"**{QUESTIONS[name][0]}**" in " ".join(page("questions.md").split())


@pytest.mark.parametrize("named", [*ORDER, *GUARDS])
def test_every_kind_of_action_and_every_guard_is_told_of(named: str) -> None:
    told = page("plan-and-approval.md")
    assert any(written in told for written in (f"`{named}`", f"| {named} |")), "docs/plan-and-approval.md"


def test_every_permission_is_told_of() -> None:
    needed = [each.name for each in vars(permissions).values() if isinstance(each, Permission)]
    assert [name for name in needed if f"| `{name}` |" not in page("entra-application.md")] == []


def test_every_access_to_emply_is_told_of() -> None:
    described = load("v1").content.operations.values()
    areas = {operation.access.partition(":")[0] for operation in described if operation is not None}
    assert {area for area in areas if f"| {area} |" not in page("emply-key.md")} == set()


def test_every_environment_variable_is_told_of() -> None:
    read = set(re.findall(r'"([A-Z]+_[A-Z_]+)"', text_of(REPOSITORY / "entra_emply" / "environment.py")))
    assert {name for name in read if f"`{name}`" not in page("production.md")} == set()
