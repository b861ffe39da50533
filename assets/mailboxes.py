"""The assets of group `mailboxes`: what is read of the people that `read_scope` names, and after the lists.

Photos, mailboxes, calendars and events of both systems; and, as they are read at the same time, Entra's deleted users
and the enterprise application. How each is read is `extraction.dependent_reads`.
"""

from assets.source import dependent_asset
from entra_emply.extraction.dependent_reads import DEPENDENT

dependent_sources = [dependent_asset(source) for source in DEPENDENT]
