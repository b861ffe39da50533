import base64
from typing import Any

import pytest

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http, signed_in

PNG = b"\x89PNG\r\n\x1a\n photo of \xc5\x81ucja"
USERS = [{"id": name, "userPrincipalName": f"{name}@contoso.com"} for name in ("łucja", "søren", "işıl")]
PHOTOS = {
    "łucja": {"mediaEtag": '"E1"', "contentBase64": base64.b64encode(PNG).decode()},
    "işıl": {"mediaEtag": "", "contentBase64": ""},
}


@pytest.fixture(autouse=True)
def _people(sandbox: Sandbox) -> None:
    sandbox.put_state({"entra": {"users": USERS, "photos": PHOTOS}})


def test_a_photo_is_described_with_its_etag(graph: Http) -> None:
    photo = graph.get("users/łucja/photo").json()

    assert (photo["@odata.mediaEtag"], photo["@odata.mediaContentType"]) == ('"E1"', "image/png")


def test_a_photo_is_given_as_bytes(graph: Http) -> None:
    answer = graph.get("users/łucja@contoso.com/photo/$value")

    assert (answer.content, answer.headers["content-type"], answer.headers["etag"]) == (PNG, "image/png", '"E1"')


def test_if_none_match_is_not_honoured(graph: Http) -> None:
    answer = graph.get("users/łucja/photo/$value", headers={"If-None-Match": '"E1"'})

    assert (answer.status_code, answer.content) == (200, PNG)


@pytest.mark.parametrize("path", ["photo", "photo/$value", "photos", "photos/48x48"])
def test_who_has_none_is_404(graph: Http, path: str) -> None:
    answer = graph.get(f"users/søren/{path}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ImageNotFound")


def test_who_has_none_may_also_have_one_pixel_and_no_etag(graph: Http) -> None:
    photo = graph.get("users/işıl/photo").json()

    assert (photo["id"], photo["width"], photo["@odata.mediaEtag"]) == ("1x1", 1, "")
    assert graph.get("users/işıl/photo/$value").content.startswith(b"GIF8")


def test_a_photo_is_there_in_several_sizes(graph: Http) -> None:
    sizes = [row["id"] for row in graph.get("users/łucja/photos").json()["value"]]

    assert {"48x48", "648x648"} <= set(sizes)
    assert graph.get("users/łucja/photos/48x48/$value").content == PNG
    assert graph.get("users/łucja/photos/49x49").status_code == 404


def test_a_photo_of_nobody_is_404(graph: Http) -> None:
    assert graph.get("users/nobody/photo").json()["error"]["code"] == "Request_ResourceNotFound"


def test_photos_need_a_permission(sandbox: Sandbox) -> None:
    sandbox.change_settings(permissions=["GroupMember.Read.All"])
    http = signed_in(sandbox)

    with http.session:
        assert http.get("users/łucja/photo").status_code == 403


def test_a_photo_in_a_batch_is_base64(graph: Http) -> None:
    item: dict[str, Any] = {"id": "1", "method": "GET", "url": "/users/łucja/photo/$value"}

    (answer,) = graph.post("$batch", {"requests": [item]}).json()["responses"]

    assert base64.b64decode(answer["body"]) == PNG
