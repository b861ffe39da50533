"""The files of the checkout's top folder that an installation needs, where a wheel has them, too.

In the checkout they are links to those files; a wheel holds copies, which the build makes. No code belongs here.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
DAGSTER, WORKSPACE, SETTINGS = (FOLDER / name for name in ("dagster.yaml", "workspace.yaml", "settings.yaml"))
