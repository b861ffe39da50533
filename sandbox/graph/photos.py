"""Graph: the photos of users. They are only read here: nobody changes one but the scenario.

A scenario's `photos` have for a user `{"mediaEtag": "…", "contentBase64": "…"}`. With an empty etag the user has
none, and Graph says so in its other way: 200 with a picture of one pixel.
"""

import base64

import orjson

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import GraphError
from sandbox.graph.paging import ODATA_JSON
from sandbox.graph.users import find

_SIZES = (48, 64, 96, 120, 240, 360, 432, 504, 648)
_PIXEL = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAA=")
_KINDS = {b"\x89PNG": "image/png", b"GIF8": "image/gif"}


def _photo(call: Call) -> Answer:
    photo = _of_user(call)
    return _entity(call, "photo", _described(photo, _SIZES[-1] if photo.get("mediaEtag") else 1))


def _content(call: Call) -> Answer:
    photo = _of_user(call)
    content = _bytes(photo)
    etag = {"ETag": photo["mediaEtag"]} if photo.get("mediaEtag") else {}
    return Answer(200, content, etag, content_type=_kind(content))


def _sizes(call: Call) -> Answer:
    photo = _of_user(call)
    rows = [_described(photo, size) for size in (_SIZES if photo.get("mediaEtag") else (1,))]
    body = {"@odata.context": f"{call.root}/$metadata#users('{call.variables['user']}')/photos", "value": rows}
    return Answer(200, orjson.dumps(body), content_type=ODATA_JSON)


def _size(call: Call) -> Answer:
    return _entity(call, "photos", _described(_of_user(call), _wanted(call)))


def _size_content(call: Call) -> Answer:
    _wanted(call)
    return _content(call)


def _of_user(call: Call) -> Row:
    photo: Row | None = call.entra["photos"].get(find(call.entra, call.variables["user"])["id"])
    if photo is None:
        raise _not_found()
    return photo


def _wanted(call: Call) -> int:
    """The size in the path, such as `48x48`; raises `GraphError` 404 for one that Graph does not make."""
    size = next((size for size in _SIZES if f"{size}x{size}" == call.variables["size"].lower()), None)
    if size is None:
        raise _not_found()
    return size


def _not_found() -> GraphError:
    return GraphError(404, "ImageNotFound", "The photo wasn't found.")


def _described(photo: Row, size: int) -> Row:
    return {
        "@odata.mediaContentType": _kind(_bytes(photo)), "@odata.mediaEtag": photo.get("mediaEtag") or "",
        "id": f"{size}x{size}", "height": size, "width": size,
    }  # fmt: skip


def _entity(call: Call, name: str, row: Row) -> Answer:
    context = f"{call.root}/$metadata#users('{call.variables['user']}')/{name}/$entity"
    return Answer(200, orjson.dumps({"@odata.context": context, **row}), content_type=ODATA_JSON)


def _bytes(photo: Row) -> bytes:
    return base64.b64decode(photo.get("contentBase64") or "") or _PIXEL


def _kind(content: bytes) -> str:
    return _KINDS.get(content[:4], "image/jpeg")


ROUTES = (
    Route("GET", "users/{user}/photo", _photo),
    Route("GET", "users/{user}/photo/$value", _content),
    Route("GET", "users/{user}/photos", _sizes),
    Route("GET", "users/{user}/photos/{size}", _size),
    Route("GET", "users/{user}/photos/{size}/$value", _size_content),
)
