"""Graph: what Outlook serves: calendars and events. One module an area; mailboxes stand in `mailbox`."""

from sandbox.graph.outlook import calendars, events, views

ROUTES = (*calendars.ROUTES, *views.ROUTES, *events.ROUTES)

__all__ = ["ROUTES"]
