"""Microsoft Graph v1.0: the directory and Outlook's calendars; one module an area, `service` in front of them."""

from sandbox.graph.batch import Batch
from sandbox.graph.errors import usual_error
from sandbox.graph.service import Graph

__all__ = ["Batch", "Graph", "usual_error"]
