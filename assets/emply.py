"""The assets of group `emply`: its lists. How they are read is `extraction.sources`."""

from assets.source import list_asset
from entra_emply.extraction.sources import LISTS

lists = [list_asset(source) for source in LISTS if source.system == "emply"]
