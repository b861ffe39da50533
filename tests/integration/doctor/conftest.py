"""What tests of `doctor` share."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.integration.doctor.clinic import Clinic


@pytest.fixture
def clinic(sandbox: Sandbox, tmp_path: Path) -> Clinic:
    return Clinic(sandbox, tmp_path)
