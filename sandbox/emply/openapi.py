"""Emply: the OpenAPI document of the API in the style and with the credential that are in force. Only its making.

What is in it comes from the tables that the API itself goes by: the routes, and the shapes of what is written.
"""

import re
from collections.abc import Iterable, Mapping

from sandbox.emply.body import Fields, Shape, any_text, one_of, text
from sandbox.emply.calendars import CALENDAR
from sandbox.emply.call import Route
from sandbox.emply.events import EVENT, PUT_EVENT
from sandbox.emply.lists import LARGEST_TAKE
from sandbox.emply.style import LOCALE, Style
from sandbox.emply.users import PHOTO, USER
from sandbox.exchange import Row
from sandbox.settings import Settings

_NUMBER: Row = {"type": "integer"}
_DATE: Row = {"type": "string", "format": "date", "nullable": True}
_MADE = "POST"

_EMPLOYEE: Mapping[str, Row] = {
    "number": _NUMBER, "firstName": text.schema, "lastName": text.schema, "email": text.schema,
    "status": one_of("active", "pending", "archived").schema, "jobTitle": text.schema, "mobilePhone": text.schema,
    "departmentId": text.schema, "resignationDate": _DATE,
}  # fmt: skip


def document(routes: Iterable[Route], style: Style, settings: Settings, host: str) -> Row:
    """The document, for clients that reach the API at this host and port."""
    paths: dict[str, Row] = {}
    for route in routes:
        method = (style.change if route.method == "PATCH" else route.method).lower()
        paths.setdefault(f"/{route.path}", {})[method] = _operation(route, method, style)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Emply People (imitation)", "version": "2.0" if style.whole_objects else "1.0"},
        "servers": [{
            "url": f"https://{host}/emply/v1/{{customer}}",
            "variables": {"customer": {"default": settings.customer, "description": "From the site's address."}},
        }],
        "security": [{"credential": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"credential": _credential(settings.emply_auth)},
            "parameters": _parameters(),
            "responses": {"Error": {"description": "The request is refused.", "content": _error_content(style)}},
            "schemas": _schemas(style),
        },
    }  # fmt: skip


def _credential(auth: str) -> Row:
    if auth == "key":
        return {"type": "apiKey", "in": "query", "name": "apiKey"}
    return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def _operation(route: Route, method: str, style: Style) -> Row:
    named = [*re.findall(r"{(\w+)}", route.path), *route.query]
    paged = ["skip", "take"] if route.is_list and style.pages else []
    operation: Row = {
        "operationId": "-".join([method, *re.findall(r"\w+", route.path)]),
        "tags": [route.area],
        "description": f"Area: {route.area}. Access: {route.access}.",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in [*named, *paged]],
        "responses": {**_answers(route), "default": {"$ref": "#/components/responses/Error"}},
    }
    if route.body:
        operation["requestBody"] = {"required": True, "content": _json(_ref(route.body))}
    return operation


def _answers(route: Route) -> Row:
    if route.gives is None:
        return {"204": {"description": "Done."}}
    schema = {"type": "array", "items": _ref(route.gives)} if route.is_list else _ref(route.gives)
    answer = {"description": "Done.", "content": _json(schema)}
    made = route.method == _MADE or route.body == "PutEvent"
    return {"201": answer} if route.method == _MADE else {"200": answer} | ({"201": answer} if made else {})


def _parameters() -> Row:
    def parameter(name: str, place: str, schema: Row) -> Row:
        return {"name": name, "in": place, "required": place == "path", "schema": schema}

    return {
        "id": parameter("id", "path", any_text.schema),
        "externalId": parameter("externalId", "path", any_text.schema),
        "active": parameter("active", "query", {"type": "boolean"}),
        "from": parameter("from", "query", {"type": "string", "format": "date-time"}),
        "to": parameter("to", "query", {"type": "string", "format": "date-time"}),
        "skip": parameter("skip", "query", {**_NUMBER, "minimum": 0}),
        "take": parameter("take", "query", {**_NUMBER, "minimum": 1, "maximum": LARGEST_TAKE}),
    }


def _schemas(style: Style) -> Row:
    titles: Row = {"Title": _translations()} if style.translates else {}
    title = _ref("Title") if style.translates else text.schema
    return {
        "User": _shown(USER), "NewUser": _new(USER), "UserChange": _change(USER, style), "Photo": _new(PHOTO),
        "Calendar": _shown(CALENDAR), "NewCalendar": _new(CALENDAR), "CalendarChange": _change(CALENDAR, style),
        "Event": _shown(EVENT), "PutEvent": _new(PUT_EVENT), "EventChange": _change(EVENT, style),
        "Employee": _object({"id": any_text.schema, **_EMPLOYEE}),
        "Role": _object({"id": any_text.schema, "title": title}),
        "Department": _object({
            "id": any_text.schema, "title": title, "parentId": text.schema, "active": {"type": "boolean"},
        }),
        "Error": _error(style),
        **titles,
    }  # fmt: skip


def _shown(shape: Shape) -> Row:
    return _object({"id": any_text.schema, **_of({**shape.fields, **shape.once, **shape.kept})})


def _new(shape: Shape) -> Row:
    return _closed({**shape.fields, **shape.once}, shape.required)


def _change(shape: Shape, style: Style) -> Row:
    if not style.whole_objects:
        return _closed(shape.fields, ())
    return _closed({"id": any_text, **shape.fields, **shape.once, **shape.kept}, shape.required_of_whole)


def _closed(fields: Fields, required: Iterable[str]) -> Row:
    """A body: a field that is not named in it is refused."""
    needed = {"required": sorted(required)} if required else {}
    return {**_object(_of(fields)), **needed, "additionalProperties": False}


def _object(properties: Mapping[str, Row]) -> Row:
    return {"type": "object", "properties": dict(properties)}


def _of(fields: Fields) -> dict[str, Row]:
    return {name: one.schema for name, one in fields.items()}


def _translations() -> Row:
    entry = _object({"locale": {"type": "string", "example": LOCALE}, "value": text.schema})
    return {**_object({"localization": {"type": "array", "items": entry}}), "nullable": True}


def _error(style: Style) -> Row:
    words = {"type": "object", "additionalProperties": {"type": "string"}}
    if style.problems:
        errors = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
        return _object({"status": _NUMBER, "title": any_text.schema, "code": any_text.schema, "errors": errors})
    return _object({"error": _object({"code": any_text.schema, "message": any_text.schema, "fields": words})})


def _error_content(style: Style) -> Row:
    kind = "application/problem+json" if style.problems else "application/json"
    return {kind: {"schema": _ref("Error")}}


def _json(schema: Row) -> Row:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> Row:
    return {"$ref": f"#/components/schemas/{name}"}
