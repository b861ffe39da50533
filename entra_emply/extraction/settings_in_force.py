"""The settings that a run goes by: those of the file, without the parts that this Emply cannot do.

What Emply can do is its API description's business; that settings are well-formed, `reconciliation.settings`.
"""

from entra_emply.connectors.emply.description import load as load_description
from entra_emply.connectors.emply.operations import SWITCHES
from entra_emply.environment import Environment
from entra_emply.reconciliation.settings import Settings, load


def in_force(settings: Settings, environment: Environment) -> Settings:
    """The settings with each part off that Emply lacks an operation for. Raises SettingsError."""
    wanted = {switch: part for part, switch in SWITCHES.items() if getattr(settings, switch)}
    if not wanted:
        return settings
    emply = load_description(environment.emply_api)
    off = {switch: False for switch, part in wanted.items() if emply.cannot(part)}
    return settings.model_copy(update=off) if off else settings


def load_in_force(environment: Environment) -> Settings:
    """The settings of the file as they are in force now. Raises SettingsError."""
    return in_force(load(environment.settings), environment)
