"""Microsoft's own clients as they are: where they work, the sandbox is Graph enough."""

import asyncio
import ssl
import warnings
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential

from sandbox import Sandbox
from tests.integration.sandbox import diary
from tests.integration.sandbox.asking import people

with warnings.catch_warnings():
    # The SDK's modules are full of classes that say of themselves, on import, that they are deprecated.
    warnings.filterwarnings("ignore", "(GetQueryParameters|This class) is deprecated", DeprecationWarning)
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
    from msgraph.generated.models.event import Event
    from msgraph.generated.models.event_type import EventType
    from msgraph.generated.models.free_busy_status import FreeBusyStatus
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.password_profile import PasswordProfile
    from msgraph.generated.models.user import User
    from msgraph.generated.users.item.calendars.item.calendar_view.calendar_view_request_builder import (
        CalendarViewRequestBuilder,
    )
    from msgraph.generated.users.item.calendars.item.calendar_view.delta.delta_request_builder import (
        DeltaRequestBuilder as ViewDeltaRequestBuilder,
    )
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory, PageIterator

# It imports more of them when it is first asked.
pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")

T = TypeVar("T")
SCOPE = "https://graph.microsoft.com/.default"


def credential(sandbox: Sandbox, **changes: str) -> ClientSecretCredential:
    environment = sandbox.environment
    settings = {
        "tenant_id": environment["ENTRA_TENANT_ID"],
        "client_id": environment["ENTRA_CLIENT_ID"],
        "client_secret": environment["ENTRA_CLIENT_SECRET"],
        **changes,
    }
    return ClientSecretCredential(
        **settings,
        authority=environment["ENTRA_AUTHORITY"],
        disable_instance_discovery=True,
        connection_verify=environment["CA_BUNDLE"],
    )


@pytest.fixture
def ask(sandbox: Sandbox) -> Iterator[Callable[[Callable[[GraphServiceClient], Awaitable[Any]]], Any]]:
    """Ask the SDK something: `ask(lambda sdk: sdk.users.get())`."""
    context = ssl.create_default_context(cafile=sandbox.environment["CA_BUNDLE"])

    with credential(sandbox) as signed:

        async def run(question: Callable[[GraphServiceClient], Awaitable[T]]) -> T:
            # The SDK puts its own transport in front of this one, and never closes it.
            async with httpx.AsyncHTTPTransport(verify=context) as transport:
                http = httpx.AsyncClient(transport=transport, base_url=f"{sandbox.url}/v1.0")
                client = GraphClientFactory.create_with_default_middleware(client=http, host=f"{sandbox.url}/v1.0")
                provider = AzureIdentityAuthenticationProvider(signed, scopes=[SCOPE], allowed_hosts=["localhost"])
                adapter = GraphRequestAdapter(provider, client=client)
                adapter.base_url = f"{sandbox.url}/v1.0"
                return await question(GraphServiceClient(request_adapter=adapter))

        yield lambda question: asyncio.run(run(question))


Ask = Callable[[Callable[[GraphServiceClient], Awaitable[Any]]], Any]


def test_azure_identity_gets_a_token(sandbox: Sandbox) -> None:
    with credential(sandbox) as signed:
        assert signed.get_token(SCOPE).token


def test_azure_identity_may_ask_with_claims(sandbox: Sandbox) -> None:
    with credential(sandbox) as signed:
        token = signed.get_token(SCOPE, claims='{"access_token": {"xms_cc": {"values": ["cp1"]}}}', enable_cae=True)
    assert token.token


def test_azure_identity_tells_entras_refusal(sandbox: Sandbox) -> None:
    with credential(sandbox, client_secret="wrong") as signed, pytest.raises(ClientAuthenticationError) as failure:
        signed.get_token(SCOPE)
    assert "AADSTS7000215" in str(failure.value)


def test_the_sdk_reads_users(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.put_state({"entra": {"users": people(3)}})
    parameters = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=["id", "displayName"], top=2)

    page = ask(lambda sdk: sdk.users.get(request_configuration=RequestConfiguration(query_parameters=parameters)))

    assert [(user.id, user.display_name) for user in page.value] == [("u00000", "Ayşe 0"), ("u00001", "Ayşe 1")]


def test_the_sdks_page_iterator_reads_all_pages(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.put_state({"entra": {"users": people(250)}})
    found: list[str] = []

    def take(user: Any) -> bool:  # noqa: ANN401 - the SDK's user
        found.append(user.id)
        return True

    async def iterate(sdk: GraphServiceClient) -> None:
        page = await sdk.users.get()
        await PageIterator(page, sdk.request_adapter).iterate(take)

    ask(iterate)

    assert found == [user["id"] for user in people(250)]


def test_the_sdk_reads_transitive_members_as_users(sandbox: Sandbox, ask: Ask) -> None:
    group = {"id": "g", "members": ["u00000", "u00001"]}
    sandbox.put_state({"entra": {"users": people(2), "groups": [group]}})
    configuration: RequestConfiguration[Any] = RequestConfiguration()
    configuration.headers.add("ConsistencyLevel", "eventual")

    async def members(sdk: GraphServiceClient) -> Any:  # noqa: ANN401 - the SDK's page
        builder = sdk.groups.by_group_id("g").transitive_members.graph_user
        configuration.query_parameters = builder.GraphUserRequestBuilderGetQueryParameters(count=True)
        return await builder.get(request_configuration=configuration)

    page = ask(members)

    assert (page.odata_count, [user.id for user in page.value]) == (2, ["u00000", "u00001"])


def test_the_sdk_knows_members_kinds(sandbox: Sandbox, ask: Ask) -> None:
    groups = [{"id": "g", "members": ["u00000", "h"]}, {"id": "h", "displayName": "Nested"}]
    sandbox.put_state({"entra": {"users": people(1), "groups": groups}})

    page = ask(lambda sdk: sdk.groups.by_group_id("g").members.get())

    assert {type(row).__name__: row.id for row in page.value} == {"Group": "h", "User": "u00000"}


def test_the_sdk_tells_graphs_errors(ask: Ask) -> None:
    with pytest.raises(ODataError) as failure:
        ask(lambda sdk: sdk.users.by_user_id("nobody").get())

    assert failure.value.error is not None
    assert (failure.value.response_status_code, failure.value.error.code) == (404, "Request_ResourceNotFound")


def test_the_sdk_reads_the_organization_and_deleted_users(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.put_state({"entra": {"deletedUsers": [{"id": "x"}]}})

    organizations = ask(lambda sdk: sdk.organization.get())
    deleted = ask(lambda sdk: sdk.directory.deleted_items.graph_user.get())

    assert organizations.value[0].verified_domains[0].name == "contoso.com"
    assert [user.id for user in deleted.value] == ["x"]


def test_the_sdk_reads_photos(sandbox: Sandbox, ask: Ask) -> None:
    photo = {"mediaEtag": '"E1"', "contentBase64": "/9j/4AAQ"}
    sandbox.put_state({"entra": {"users": people(1), "photos": {"u00000": photo}}})

    described = ask(lambda sdk: sdk.users.by_user_id("u00000").photo.get())
    content = ask(lambda sdk: sdk.users.by_user_id("u00000").photo.content.get())
    sizes = ask(lambda sdk: sdk.users.by_user_id("u00000").photos.get())

    assert described.additional_data["@odata.mediaEtag"] == '"E1"'
    assert content == b"\xff\xd8\xff\xe0\x00\x10"
    assert "48x48" in {size.id for size in sizes.value}


def test_the_sdk_reads_calendars(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.put_state(diary.scenario())

    calendars = ask(lambda sdk: sdk.users.by_user_id("zoe@contoso.com").calendars.get())
    default = ask(lambda sdk: sdk.users.by_user_id("zoe@contoso.com").calendar.get())

    assert [(row.id, row.can_edit) for row in calendars.value] == [("own", True), ("team", False)]
    assert (default.id, default.owner.name) == ("own", "Zoë")


def test_the_sdk_tells_a_missing_mailbox(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.put_state(diary.scenario())

    with pytest.raises(ODataError) as failure:
        ask(lambda sdk: sdk.users.by_user_id("lucja@contoso.pl").calendars.get())

    assert failure.value.error is not None
    assert failure.value.error.code == "MailboxNotEnabledForRESTAPI"


def test_the_sdk_reads_a_view(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.put_state(diary.scenario())
    dates = CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters(
        start_date_time=diary.WINDOW["startDateTime"], end_date_time=diary.WINDOW["endDateTime"]
    )
    configuration = RequestConfiguration(query_parameters=dates)
    configuration.headers.add("Prefer", 'outlook.timezone="UTC"')
    configuration.headers.add("Prefer", 'IdType="ImmutableId"')

    async def view(sdk: GraphServiceClient) -> Any:  # noqa: ANN401 - the SDK's page
        calendar = sdk.users.by_user_id("zoe@contoso.com").calendars.by_calendar_id("own")
        return await calendar.calendar_view.get(request_configuration=configuration)

    page = ask(view)

    assert [(row.id, row.type) for row in page.value] == [
        ("meeting", EventType.SingleInstance),
        ("holiday", EventType.SingleInstance),
        ("within", EventType.Occurrence),
        ("moved", EventType.Exception),
    ]
    assert page.value[0].start.date_time == "2026-11-24T10:00:00.0000000"


def test_the_sdk_follows_a_delta(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.put_state(diary.scenario())
    dates = ViewDeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
        start_date_time=diary.WINDOW["startDateTime"], end_date_time=diary.WINDOW["endDateTime"]
    )
    configuration = RequestConfiguration(query_parameters=dates)
    configuration.headers.add("Prefer", "odata.maxpagesize=2")

    async def rounds(sdk: GraphServiceClient) -> tuple[list[str], list[Any]]:
        calendar = sdk.users.by_user_id("zoe@contoso.com").calendars.by_calendar_id("own")
        delta = calendar.calendar_view.delta
        page = await delta.get(request_configuration=configuration)
        found = []
        while True:
            assert page is not None
            found += [str(row.id) for row in page.value or ()]
            if page.odata_delta_link:
                break
            page = await delta.with_url(str(page.odata_next_link)).get()
        await sdk.users.by_user_id("zoe@contoso.com").events.by_event_id("meeting").delete()
        last = await delta.with_url(page.odata_delta_link).get()
        assert last is not None
        return found, last.value or []

    found, (gone,) = ask(rounds)

    assert found == ["meeting", "holiday", "series", "within", "moved"]
    assert (gone.id, gone.additional_data["@removed"]) == ("meeting", {"reason": "deleted"})


def test_the_sdk_makes_changes_and_deletes_an_event(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.put_state(diary.scenario())

    async def life(sdk: GraphServiceClient) -> list[Any]:
        events = sdk.users.by_user_id("zoe@contoso.com").calendars.by_calendar_id("own").events
        event = Event(
            subject="Kurs języka",
            start=DateTimeTimeZone(date_time="2026-11-26T08:00:00", time_zone="UTC"),
            end=DateTimeTimeZone(date_time="2026-11-26T09:00:00", time_zone="UTC"),
            show_as=FreeBusyStatus.Tentative,
            transaction_id="tx",
        )
        made, again = await events.post(event), await events.post(event)
        assert made is not None
        changed = await events.by_event_id(str(made.id)).patch(Event(subject="Duński"))
        await events.by_event_id(str(made.id)).delete()
        return [made, again, changed]

    made, again, changed = ask(life)

    assert (made.id, made.show_as, changed.subject) == (again.id, FreeBusyStatus.Tentative, "Duński")
    assert made.change_key != changed.change_key
    assert len(sandbox.state()["entra"]["calendars"]["zoë"][0]["events"]) == 4


def test_the_sdk_makes_changes_deletes_and_restores_an_account(sandbox: Sandbox, ask: Ask) -> None:
    new = User(
        account_enabled=True,
        display_name="Çağlar Gür",
        mail_nickname="caglar",
        user_principal_name="caglar@contoso.com",
        password_profile=PasswordProfile(password="Gökçe-2026-x"),
    )

    async def life(sdk: GraphServiceClient) -> tuple[Any, Any]:
        made = await sdk.users.post(new)
        assert made is not None
        await sdk.users.by_user_id(str(made.id)).patch(User(job_title="Analist"))
        await sdk.users.by_user_id(str(made.id)).delete()
        return made, await sdk.directory.deleted_items.by_directory_object_id(str(made.id)).restore.post()

    made, restored = ask(life)

    (user,) = sandbox.state()["entra"]["users"]
    assert (user["id"], user["jobTitle"], user["userPrincipalName"]) == (made.id, "Analist", "caglar@contoso.com")
    assert (type(restored).__name__, restored.id) == ("User", made.id)


def test_the_sdk_tells_a_name_in_use_with_its_details(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.put_state({"entra": {"users": people(1)}})
    again = User(
        account_enabled=True,
        display_name="Ayşe",
        mail_nickname="ayse",
        user_principal_name="u0@contoso.com",
        password_profile=PasswordProfile(password="Gökçe-2026-x"),
    )

    with pytest.raises(ODataError) as failure:
        ask(lambda sdk: sdk.users.post(again))

    assert failure.value.error is not None
    assert failure.value.error.details is not None
    assert [detail.code for detail in failure.value.error.details] == ["ObjectConflict"]


def test_the_sdk_reads_who_is_assigned_to_an_application(sandbox: Sandbox, ask: Ask) -> None:
    user, principal = {"id": str(uuid4()), "displayName": "Işıl"}, {"id": str(uuid4()), "displayName": "Emply"}
    assigned = [{"principalId": user["id"], "principalType": "User"}]
    required = {"appRoleAssignmentRequired": True, "appRoleAssignedTo": assigned}
    sandbox.put_state({"entra": {"users": [user], "servicePrincipals": [{**principal, **required}]}})

    async def read(sdk: GraphServiceClient) -> tuple[Any, Any]:
        application = sdk.service_principals.by_service_principal_id(principal["id"])
        return await application.get(), await application.app_role_assigned_to.get()

    application, page = ask(read)

    (assignment,) = page.value
    assert application.app_role_assignment_required is True
    assert (str(assignment.principal_id), assignment.principal_type) == (user["id"], "User")
    assert (assignment.principal_display_name, assignment.resource_display_name) == ("Işıl", "Emply")


def test_the_sdk_follows_changes_of_users(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.put_state({"entra": {"users": people(2)}})

    async def rounds(sdk: GraphServiceClient) -> tuple[Any, Any]:
        first = await sdk.users.delta.get()
        assert first is not None
        await sdk.users.by_user_id("u00001").delete()
        return first, await sdk.users.delta.with_url(str(first.odata_delta_link)).get()

    first, second = ask(rounds)

    assert [user.id for user in first.value] == ["u00000", "u00001"]
    assert [(user.id, user.additional_data["@removed"]) for user in second.value] == [("u00001", {"reason": "changed"})]
