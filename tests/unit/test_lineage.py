"""The lineage is the flow: from left to right, no group both feeds another and is fed by it: a snapshot."""

from graphlib import TopologicalSorter

from dagster import AssetKey

from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES, SOURCES
from pipelines.definitions import build_defs

GRAPH = build_defs().resolve_asset_graph()
PARENTS = {
    key.to_user_string(): {parent.to_user_string() for parent in GRAPH.get(key).parent_keys}
    for key in GRAPH.get_all_asset_keys()
}
GROUP = {name: str(GRAPH.get(AssetKey(name)).group_name) for name in PARENTS}

FLOW = ["state", "entra", "emply", "identities", "mailboxes", "reconciliation", "provisioning"]
GROUPS = {
    "state": {"settings", "sync_state"},
    "entra": {"entra_tenant", "entra_users", "entra_groups", "entra_group_members"},
    "emply": {"emply_users", "emply_employees", "emply_roles", "emply_departments"},
    "identities": {"identities", "read_scope"},
    "mailboxes": set(DEPENDENT_SOURCES),
    "reconciliation": {"reconciliation_actions", "reconciliation_findings"},
    "provisioning": {"applied_changes"},
}
SCOPE, STATE = {"read_scope", "sync_state"}, {"settings", "sync_state"}
EDGES = {
    "settings": set(),
    "sync_state": set(),
    **{name: {"sync_state"} for name in SOURCES},
    "entra_group_members": {"entra_groups", "sync_state"},
    "identities": {*SOURCES, *STATE},
    "read_scope": {"identities"},
    **dict.fromkeys(DEPENDENT_SOURCES, SCOPE),
    "emply_events": {"emply_calendars", *SCOPE},
    "entra_events": {"entra_calendars", "emply_calendars", "emply_events", *SCOPE},
    **{
        name: {*SOURCES, *DEPENDENT_SOURCES, *STATE, "identities"}
        for name in ("reconciliation_actions", "reconciliation_findings")
    },
    "applied_changes": {"reconciliation_actions", "reconciliation_findings"},
}


def test_the_groups_are_these() -> None:
    found: dict[str, set[str]] = {}
    for name, group in GROUP.items():
        found.setdefault(group, set()).add(name)
    assert found == GROUPS


def test_the_edges_are_these() -> None:
    assert PARENTS == EDGES


def test_no_arrow_between_groups_leads_back() -> None:
    between = {(GROUP[parent], GROUP[name]) for name, parents in PARENTS.items() for parent in parents}
    assert [(one, other) for one, other in between if FLOW.index(one) > FLOW.index(other)] == []
    feeds: dict[str, set[str]] = {group: {one for one, other in between if other == group} - {group} for group in FLOW}
    assert [*TopologicalSorter(feeds).static_order()][-1] == "provisioning"
