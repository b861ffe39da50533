"""What real services answer now and then, by name: `{"odd": "mailbox_move"}` as a fault. Each is a fault in full below.

Those of photos, mailboxes and calendars are answers for one person's, as users of Graph have reported them. Whom they
are for, a fault's `path` says, alone and in a `$batch`: `/users/<id>/photo$` is one person's photo, `/photo$`
everybody's. Without `times` they last. More of a fault goes beside the name and wins: `delay_ms`, or `headers` to
change `Retry-After`.

| name | of | what comes |
|---|---|---|
| `photo_without_mailbox` | a photo | 400 `AuthenticationError`: the person has no mailbox in the cloud |
| `photo_404_without_code` | a photo | 404 with an empty body: no photo, and no word about it |
| `photo_403_guest` | a photo | 403 `ErrorAccessDenied`, though the app may read photos: some guests |
| `photo_401` | a photo | 401 `UnknownError`, though the token is good |
| `mailbox_move` | calendars, views | 503 `ErrorMailboxMoveInProgress` |
| `mailbox_throttled` | calendars, views | 429 `ApplicationThrottled`, for this mailbox alone |
| `mailbox_quota` | calendars, views | 403 `ErrorQuotaExceeded`, though the app may open it |
| `mailbox_not_found` | calendars, views | 404 `ErrorMailboxNotFound`, which is not the code of a person without one |
| `mailbox_401` | calendars, views | 401 `InvalidAuthenticationToken`, though the token is good |
| `view_500` | a calendarView | 500 `ErrorInternalServerError`, each time |
| `delta_refused` | a calendarView's delta | 400 `ErrorInvalidRequest`: this calendar has none; calendarView works |
| `delta_token_expired` | a delta | 410 `resyncRequired`: the token is too old |
| `delta_token_forgotten` | a delta | 400 `SyncStateNotFound`, in letters of another case than documented |
| `page_token_expired` | a page of a list or delta | 400 `Directory_ExpiredPageToken` |
| `not_json` | anything | 200 with a page of HTML, as proxies send |
| `cut_off` | anything | the first half of the JSON that would have come |
"""

from sandbox.exchange import Row


def _error(status: int, code: str, message: str, **more: object) -> Row:
    return {"status": status, "body": {"error": {"code": code, "message": message}}, **more}


ODDITIES: dict[str, Row] = {
    "photo_without_mailbox": _error(400, "AuthenticationError", "Error authenticating with resource"),
    "photo_404_without_code": {"status": 404, "body": ""},
    "photo_403_guest": _error(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    "photo_401": _error(401, "UnknownError", ""),
    "mailbox_move": _error(503, "ErrorMailboxMoveInProgress", "Mailbox move in progress. Try again later."),
    "mailbox_throttled": _error(
        429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", headers={"Retry-After": "1"}
    ),
    "mailbox_quota": _error(403, "ErrorQuotaExceeded", "The mailbox has exceeded its quota."),
    "mailbox_not_found": _error(404, "ErrorMailboxNotFound", "The mailbox was not found."),
    "mailbox_401": _error(401, "InvalidAuthenticationToken", "Access token validation failure."),
    "view_500": _error(
        500, "ErrorInternalServerError", "An internal server error occurred. The operation failed."
    ),
    "delta_refused": _error(
        400, "ErrorInvalidRequest", "Change tracking is not supported against 'microsoft.graph.calendar'."
    ),
    "delta_token_expired": _error(410, "resyncRequired", "Resync required. The delta token has expired."),
    "delta_token_forgotten": _error(400, "SyncStateNotFound", "The sync state generation is not found."),
    "page_token_expired": _error(400, "Directory_ExpiredPageToken", "The specified page token value has expired."),
    "not_json": {"status": 200, "body": "<!DOCTYPE html><title>Ét øjeblik</title>"},
    "cut_off": {"truncate": 0.5},
}  # fmt: skip
"""Each as a fault without its name."""
