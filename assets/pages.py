"""What Dagster's pages show besides an asset's numbers: a link to the console, marks where runs are listed; and how a
number of actions of one kind is called.
"""

from collections.abc import Mapping

from dagster import AssetExecutionContext, MetadataValue, UrlMetadataValue

from assets.resources import Connections


def console_link(connections: Connections, page: str) -> dict[str, UrlMetadataValue]:
    """The metadata with the address of a page of the console, such as "/plan"; none where CONSOLE_URL is unset."""
    address = connections.environment.console(page)
    return {} if address is None else {"console": MetadataValue.url(address)}


def plotted(kind: str) -> str:
    """A kind of action in names of metadata: Entra's with its target, because some of Emply's are called the same."""
    target, name = kind.split(".")
    return f"entra_{name}" if target == "entra" else name


def mark_run(context: AssetExecutionContext, counts: Mapping[str, int]) -> None:
    """Tag the run with what of it somebody should look at: numbers of actions, without those that are 0."""
    tags = {f"entra-emply/{name}": str(count) for name, count in counts.items() if count}
    if tags:
        context.instance.add_run_tags(context.run_id, tags)
