"""The line that `sync` prints."""

from pipelines.commands.sync_report import SyncReport


def test_one_action_is_not_called_actions() -> None:
    counts = {"applied": 1, "held": 0}
    assert "1 action;" in SyncReport("3f9c12ab45de", 1, counts).summary
