"""The line that `sync` prints."""

from pipelines.commands.sync_report import COUNTS, SyncReport


def test_one_action_is_not_called_actions() -> None:
    counts = {"applied": 1, "held": 0}
    assert "1 action;" in SyncReport("3f9c12ab45de", 1, counts).summary


def test_what_is_unknown_says_what_becomes_of_it_and_where_it_is_to_be_seen() -> None:
    counts = dict.fromkeys(COUNTS, 0) | {"unknown": 1}
    assert SyncReport("3f9c12ab45de", 0, counts).not_done == [
        "unknown: the target cannot be read, or refuses the second step; every run tries again",
        "To see who is affected: entra-emply history --failed",
    ]
