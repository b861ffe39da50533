"""The wheel is whole: in an environment and a folder that hold nothing else, the commands of the checkout work."""

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.commands import REPOSITORY
from tests.waiting import PATIENCE

OURS = ("ENTRA_", "EMPLY_", "SANDBOX_", "DAGSTER_", "DATABASE_", "FRAMES_", "PYTHON", "VIRTUAL_ENV")
"""How variables begin that an environment just made does not have."""
ORIGIN = (
    "import entra_emply, assets, pipelines, sandbox as s; print(entra_emply.__file__, pipelines.__file__, s.__file__)"
)


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel, and an empty folder to work in."""

    folder: Path
    programs: Path

    def run(self, program: str, *arguments: str) -> str:
        """What a program of the environment prints; it must succeed."""
        theirs = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=theirs, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, which is built from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(params=["lent", pytest.param("installed", marks=pytest.mark.campaign)])
def installed(request: pytest.FixtureRequest, wheel: Path, tmp_path: Path) -> Installed:
    """The wheel alone in a new environment; its dependencies are lent by this one, or installed from the lock file.

    What is lent is the folder of libraries, without what editable installations do when Python starts.
    """
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True, timeout=PATIENCE)
    made, folder = Installed(tmp_path / "empty", tmp_path / "venv" / "bin"), tmp_path / "empty"
    folder.mkdir()
    if request.param == "installed":
        made.run("pip", "install", "--quiet", "--requirement", str(REPOSITORY / "requirements.lock"))
    else:
        libraries = Path(made.run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        (libraries / "lent.pth").write_text(sysconfig.get_path("purelib"))
    made.run("pip", "install", "--quiet", "--no-deps", str(wheel))
    return made


def test_the_demo_runs_from_the_wheel_alone(installed: Installed) -> None:
    where = installed.run("python", "-c", ORIGIN).split()
    assert all(Path(file).is_relative_to(installed.programs.parent) for file in where), where
    assert "demo" in installed.run("entra-emply", "--help")
    said = installed.run("entra-emply", "demo", "--once", "--users", "40")
    assert "The first sync" in said
    assert "create_user" in said
    assert [path.name for path in installed.folder.iterdir()] == [".entra-emply"]
