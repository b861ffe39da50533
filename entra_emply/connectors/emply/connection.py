"""Emply over HTTP: one operation at a time as the API description has it, writes sent once, and what a refusal means to
an operator. What is asked is `client`'s business, how lists page that of `lists`.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from entra_emply.connectors.answer import SUCCESS, Answer, RequestFailed, as_code
from entra_emply.connectors.emply import description
from entra_emply.connectors.emply.description_file import CUSTOMER, JSON_PATCH, Operation
from entra_emply.connectors.emply.lists import Lists
from entra_emply.connectors.emply.operations import NEEDS, READ_BEFORE_WRITTEN
from entra_emply.connectors.emply.records import Getter, Record, compiled
from entra_emply.connectors.emply.whole_objects import WholeObjects
from entra_emply.connectors.frames import Row, is_kept
from entra_emply.connectors.http import Service
from entra_emply.connectors.throttle import Timing
from entra_emply.environment import EmplyEnvironment
from entra_emply.errors import CredentialsError, SettingsError, SourceUnreadable, TargetRefused

THREADS = 16
"""Requests under way at a time: Emply's pace bounds reading, as long as an answer takes no third of a second."""

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
_NOT_UNDERSTOOD = (400, 422)
_OF_A_HEADER = re.compile(r"[\x21-\x7e]+")
_ABSENT = "not_offered"


class Connection:
    """One customer's Emply. Every method may raise CredentialsError."""

    def __init__(self, environment: EmplyEnvironment, timing: Timing | None = None) -> None:
        """Raises SettingsError where the API description, or a key that is to stand in a header, is wrong."""
        self.description = description.load(environment.api)
        self._base = _base(self.description.content.url, environment)
        self._query, self._headers = _credentials(self.description, environment.api_key)
        content = self.description.content
        self._error_code: Getter = compiled(content.errors.code)
        self._rows: Getter = compiled(content.lists.rows)
        self.service = Service(
            "Emply", ca_bundle=environment.ca_bundle, threads=THREADS, timing=timing, variable="EMPLY_URL",
            per_second=pace(content.requests_per_second),
        )  # fmt: skip
        self.lists = Lists(self.description, self._read, self._rows_of)
        untranslated = Lists(self.description, self._read, self._rows_as_they_are, self.lists.styles)
        self._wholes = WholeObjects(self.description, untranslated, self._one, self._identity)

    def one(self, source: str, operation: str, identity: str) -> Row | None:
        """One object in the pipeline's words; None where Emply itself says that there is none: a 404 from something in
        between is no proof."""
        found = self._one(source, operation, identity)
        return None if found is None else self._record(operation).read([found])[0]

    def write(
        self, operation: str, fields: Mapping[str, object] | None = None, identity: str = "", external_id: str = ""
    ) -> Answer:
        """One write, sent once; what Emply has no name for is left out. Raises TargetRefused, of status 404 only where
        Emply itself says that there is no such object, and for a change of a whole object SourceUnreadable."""
        known = self._offered(operation)
        body = None if fields is None else self._record(operation).written(fields)
        if fields and not body:
            raise _refusal(operation, f"this Emply has no field for it ({self._record(operation).where})", "no_field")
        try:
            if body is not None and known.method == "PUT" and operation in READ_BEFORE_WRITTEN:
                body = self._whole(operation, known, identity) | body
            answer = self._send(operation, known, identity, external_id, body=body, repeatable=False)
        except RequestFailed as failure:
            code = f"http_{failure.status}" if failure.status else "no_answer"
            raise TargetRefused(
                f"Emply: {operation}: {failure}",
                status=failure.status, code=code, transient=True, uncertain=failure.uncertain,
            ) from None  # fmt: skip
        if answer.status in SUCCESS:
            answer.require_made(f"Emply: {operation}", self.error_code(answer))
            return answer
        code = self.error_code(answer)
        status = None if answer.status == _NOT_FOUND and not self._says_gone(code) else answer.status
        why = f"answered {answer.status} {code}".rstrip()
        raise _refusal(operation, why, code or f"http_{answer.status}", status)

    def create(self, operation: str, fields: Mapping[str, object]) -> str:
        """Make something; its id. Whether a lost answer meant success is for the caller to look up."""
        answer = self.write(operation, fields)
        made = answer.json() if answer.is_json else None
        identity = self._identity(operation, made)
        if isinstance(identity, str) and identity and is_kept(identity):
            return identity
        raise TargetRefused(
            f"Emply: {operation}: the answer names no id",
            status=answer.status,
            code="no_id",
            transient=True,
            uncertain=True,
        )

    def ask(self, operation: str, identity: str = "", params: Mapping[str, str] | None = None) -> Answer:
        """The answer to one reading operation, whatever it says. Raises RequestFailed where none came."""
        known = self.description.operation(operation)
        if known is None:
            raise RequestFailed(self.description.absent(operation))
        return self._send(operation, known, identity, params=params)

    def rows(self, operation: str, answer: Answer) -> object:
        """What a list's answer has for rows, in the pipeline's words; what is no list as it is."""
        return self._rows_of(operation, operation, answer)

    def object_of(self, operation: str, answer: Answer) -> object:
        """What a single object's answer has, in the pipeline's words."""
        return self._record(operation).read([answer.json()])[0]

    def error_code(self, answer: Answer) -> str:
        """Emply's own code for an error: only what looks like one, so that no text gets out; else empty."""
        body = answer.json() if answer.is_json else None
        return as_code(self._error_code(body)) if isinstance(body, dict) else ""

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, source: str, operation: str, identity: str, params: Mapping[str, str]) -> Answer:
        try:
            return self.ask(operation, identity, params)
        except RequestFailed as failure:
            raise SourceUnreadable(source, str(failure), down=failure.transient, code=failure.said) from None

    def _one(self, source: str, operation: str, identity: str) -> Row | None:
        """One object as Emply has it."""
        answer = self._read(source, operation, identity, {})
        if answer.status == _NOT_FOUND and self._says_gone(self.error_code(answer)):
            return None
        self._require_ok(source, operation, answer)
        found = answer.json()
        if self._identity(operation, found) != identity:
            raise SourceUnreadable(source, "Emply answered with something else than what was asked for")
        return found

    def _rows_of(self, source: str, operation: str, answer: Answer) -> object:
        rows = self._rows_as_they_are(source, operation, answer)
        return self._record(operation).read(rows) if isinstance(rows, list) else rows

    def _rows_as_they_are(self, source: str, operation: str, answer: Answer) -> object:
        self._require_ok(source, operation, answer)
        return self._rows(answer.json())

    def _whole(self, operation: str, known: Operation, identity: str) -> dict[str, object]:
        """The object as it is now, all of it, as Emply has it. Raises TargetRefused where it is not to be found."""
        found = self._wholes.find(operation, identity)
        if found is not None:
            return dict(found)
        # That nothing lists it is no proof that it is gone. A body that is no object changes nothing, and is answered
        # with 404 where there is nothing to change.
        answer = self._send(operation, known, identity, body=[], repeatable=False)
        code = self.error_code(answer)
        if answer.status == _NOT_FOUND and self._says_gone(code):
            raise _refusal(operation, f"answered {_NOT_FOUND} {code}", code, _NOT_FOUND)
        raise _refusal(operation, "PUT needs the whole object, and no list has it", "not_listed")

    def _says_gone(self, code: str) -> bool:
        """Whether it is Emply itself that says so: a 404 from something in between is no proof."""
        return code in self.description.content.errors.not_found

    def _identity(self, operation: str, found: object) -> object:
        get = next(field.get for field in self._record(operation).fields if field.ours == "id")
        return get(found) if isinstance(found, dict) else None

    def _record(self, operation: str) -> Record:
        return self.description.kinds[NEEDS[operation].record]

    # --- one request --------------------------------------------------------------------------------------------------

    def _offered(self, operation: str) -> Operation:
        known = self.description.operation(operation)
        if known is None:
            raise _refusal(operation, self.description.absent(operation), _ABSENT)
        return known

    def _send(
        self,
        name: str,
        operation: Operation,
        identity: str,
        external_id: str = "",
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | Sequence[object] | None = None,
        repeatable: bool = True,
    ) -> Answer:
        """One operation. Raises RequestFailed, CredentialsError."""
        if not {"", ".", ".."}.isdisjoint(self._ids(name, identity, external_id)):
            raise RequestFailed(f"{name}: an id that leads to another address")
        path = operation.path.format(id=quote(identity, safe=""), external_id=quote(external_id, safe=""))
        kind = {} if body is None else {"Content-Type": operation.content_type}
        answer = self.service.request(
            operation.method,
            f"{self._base}/{path}",
            headers=lambda: {**self._headers, **kind},
            params={**operation.query, **(params or {}), **self._query},
            body=_as_patch(body) if isinstance(body, Mapping) and operation.content_type == JSON_PATCH else body,
            repeatable=repeatable,
        )
        said = f"{answer.status} {self.error_code(answer)}".rstrip()
        if answer.status == _UNAUTHORIZED:
            what = "Emply refuses the key: check EMPLY_API_KEY, and that the key is activated in Emply"
            raise CredentialsError(what, code=said)
        if answer.status == _FORBIDDEN:
            what = f"Emply refuses {name}: the key's roles lack the access {operation.needed}"
            raise CredentialsError(what, code=said)
        return answer

    @staticmethod
    def _ids(name: str, identity: str, external_id: str) -> list[str]:
        """What stands in the path of an operation."""
        given = {"id": identity, "external_id": external_id}
        return [given[place] for place in NEEDS[name].places]

    def _require_ok(self, source: str, operation: str, answer: Answer) -> None:
        if answer.status in SUCCESS:
            return
        said = self.error_code(answer)
        gone, code = answer.status == _NOT_FOUND and self._says_gone(said), f"{answer.status} {said}".rstrip()
        hint = ": are EMPLY_CUSTOMER and EMPLY_URL right?" if answer.status == _NOT_FOUND else ""
        if answer.status in _NOT_UNDERSTOOD and operation.startswith("list_"):
            hint = f": if it takes no `skip` and `take`, set lists.style to whole ({self.description.where('lists')})"
        raise SourceUnreadable(source, f"Emply answered {code}{hint}", code=code, gone=gone)


def _base(url: str, environment: EmplyEnvironment) -> str:
    """The address below which the paths are; EMPLY_URL stands for what is before the customer's name at its end."""
    if environment.url is not None:
        url = environment.url + (f"/{CUSTOMER}" if url.endswith(f"/{CUSTOMER}") else "")
    return url.replace(CUSTOMER, quote(environment.customer, safe=""))


def _credentials(described: description.Description, key: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The key in the query and in the headers, one of which is empty. Raises SettingsError."""
    how = described.content.authentication
    if how.query is not None:
        return {how.query: key}, {}
    if not _OF_A_HEADER.fullmatch(key):
        raise SettingsError("EMPLY_API_KEY: expected a token without blanks and without letters outside ASCII")
    return {}, {str(how.header): f"{how.prefix}{key}"}


def pace(allowed: int) -> int:
    """Requests a second: a tenth below what Emply allows keeps a run from being throttled at all."""
    return max(1, allowed * 9 // 10)


def _as_patch(fields: Mapping[str, object]) -> list[dict[str, object]]:
    """Fields as a JSON Patch (RFC 6902)."""
    escaped = {name.replace("~", "~0").replace("/", "~1"): value for name, value in fields.items()}
    return [{"op": "replace", "path": f"/{name}", "value": value} for name, value in escaped.items()]


def _refusal(operation: str, why: str, code: str, status: int | None = None) -> TargetRefused:
    """A write that was certainly not made, and would not be another time."""
    return TargetRefused(
        f"Emply: {operation}: {why}", status=status, code=code or f"http_{status}", transient=False, uncertain=False
    )
