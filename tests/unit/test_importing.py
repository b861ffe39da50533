"""While a command's modules are loaded, nothing is collected; afterwards it is again, but for what they made."""

import gc
from collections.abc import Iterator

import pytest

from pipelines.commands.importing import importing


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_nothing_is_collected_while_modules_are_loaded() -> None:
    with importing():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_a_module_that_is_not_there_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), importing():
        raise ImportError
    assert gc.isenabled()
