"""The settings that the system tests start from: the repository's, of users and roles alone, where a test says so."""

from tests.system.commands import REPOSITORY


def users_and_roles() -> str:
    """The repository's settings without pictures and calendars: what a run does is then done in one run."""
    text = (REPOSITORY / "settings.yaml").read_text()
    for switch in ("synchronize_calendars", "profile_pictures"):
        assert f"{switch}: true" in text
        text = text.replace(f"{switch}: true", f"{switch}: false")
    return text
