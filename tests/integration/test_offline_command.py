"""`plan --offline` on the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from entra_emply.errors import SettingsError
from entra_emply.offline.lines import read_lines
from tests.documentation import DOCS, REPOSITORY, blocks
from tests.offline import example
from tests.reference.builders import person

COMMAND = Path(sys.executable).with_name("entra-emply")


def run(*arguments: str, given: bytes = b"", cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """The command, in an empty folder and without any environment of the pipeline."""
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT")}
    return subprocess.run(
        [COMMAND, "plan", *arguments], input=given, capture_output=True, env=environment, cwd=cwd, check=False
    )


def test_the_command_needs_no_environment(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    line = json.dumps(example(person("joiner", givenName="Søren")), ensure_ascii=False)
    file.write_text(f"{line}\n{json.dumps({'scenario': {}})}\n", encoding="utf-8")
    ran = run("--offline", str(file), cwd=tmp_path)
    plan, wrong = ran.stdout.decode().splitlines()
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert json.loads(plan)["summary"] == {"emply.create_user": 1, "held": 0}
    assert json.loads(wrong) == {"error": "settings: is missing"}
    assert list(tmp_path.iterdir()) == [file]


def test_a_line_that_is_not_json_is_told_by_its_number(tmp_path: Path) -> None:
    ran = run("--offline", "-", given=b'{"scenario": {}, "settings": {}}\n{\n\xc3\xa6', cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.decode().splitlines() == ["entra-emply: -, line 2, 3: is not JSON"]
    assert len(ran.stdout.splitlines()) == 3


def test_blank_lines_between_examples_have_no_answer_and_count_as_lines(tmp_path: Path) -> None:
    ran = run("--offline", "-", given=b'\n{"scenario": {}, "settings": {}}\n \t\r\n\n{}\n{\n', cwd=tmp_path)
    assert ran.stderr.decode().splitlines() == ["entra-emply: -, line 6: is not JSON"]
    assert [min(json.loads(line)) for line in ran.stdout.splitlines()] == ["actions", "error", "error"]


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    ran = run("--offline", "none.jsonl", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert len(ran.stderr.splitlines()) == 1
    assert b"none.jsonl: cannot be read" in ran.stderr


def test_offline_goes_with_no_other_option(tmp_path: Path) -> None:
    ran = run("--offline", "-", "--json", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert b"--offline" in ran.stderr


def test_a_file_is_utf_8_with_any_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_bytes(b"\xef\xbb\xbf{}\r\n[]\r\n\r\n")
    assert [(number, line.strip()) for number, line in read_lines(file).items()] == [(1, "{}"), (2, "[]")]
    file.write_bytes(b"")
    assert read_lines(file) == {}
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        read_lines(file)


def test_the_engine_under_it_needs_neither_dagster_nor_a_database(tmp_path: Path) -> None:
    code = (
        "import sys; from entra_emply.offline.plan import plan_scenario; plan_scenario({}, {});"
        "print([each for each in ('dagster', 'sqlalchemy', 'psycopg2', 'msal', 'requests') if each in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=tmp_path, check=True)
    assert ran.stdout.split() == [b"[]"]


def test_the_documented_examples_of_a_mapping_pass(tmp_path: Path) -> None:
    page = DOCS / "changing-the-mapping.md"
    [written] = [block for block in blocks(page) if block.name == "test_mapping.py"]
    (tmp_path / "test_mapping.py").write_text(written.text, encoding="utf-8")
    (tmp_path / "settings.yaml").write_bytes((REPOSITORY / "settings.yaml").read_bytes())
    path = f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mapping.py"],
        capture_output=True,
        env={**os.environ, "PATH": path},
        cwd=tmp_path,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout.decode()
    assert b"2 passed" in ran.stdout
