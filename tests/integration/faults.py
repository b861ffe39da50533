"""What every client has to stand, as faults of the sandbox: trouble that passes, and trouble that stays."""

from typing import Any

from entra_emply.connectors.http import ATTEMPTS

PASSES: dict[str, dict[str, Any]] = {
    "empty page": {"empty_page": True},
    "cut in half": {"truncate": 0.5},
    "500": {"status": 500},
    "not JSON": {"status": 200, "body": "<html>"},
    "429 without Retry-After": {"status": 429},
    "429 with 0": {"status": 429, "headers": {"Retry-After": "0"}},
    "429 with seconds": {"status": 429, "headers": {"Retry-After": "3"}},
    "429 with a date": {"status": 429, "headers": {"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT"}},
    "broken before": {"close": "before"},
    "broken inside": {"close": "mid-body"},
}

PASSES_IN_GRAPH = PASSES | {
    "503": {"status": 503},
    "503 with a wait": {"status": 503, "headers": {"Retry-After": "3"}},
    "504": {"status": 504},
    "token refused": {"status": 401},
}

STAYS: dict[str, tuple[dict[str, Any], str]] = {
    "500": ({"status": 500}, f"answered 500, also at attempt {ATTEMPTS}"),
    "cut in half": ({"truncate": 0.5}, "no JSON"),
    "storm of 429": ({"status": 429}, "answered 429"),
    "storm of 429 with 0": ({"status": 429, "headers": {"Retry-After": "0"}}, "answered 429"),
    "429 for a day": ({"status": 429, "headers": {"Retry-After": "86400"}}, "asks to wait for 86400 s"),
    "broken before": ({"close": "before"}, "the connection failed"),
    "broken inside": ({"close": "mid-body"}, "the connection failed"),
}
"""The fault, and what is said of it."""

STAYS_IN_GRAPH = STAYS | {
    "redirect": ({"status": 302, "headers": {"Location": "/elsewhere"}}, "answered 302"),
    "404 without JSON": ({"status": 404, "body": "<html>not found</html>"}, "answered 404"),
}

HALF_READ: dict[str, dict[str, Any]] = {
    "cut in half": {"truncate": 0.5},
    "not found": {"status": 404},
    "forbidden": {"status": 403},
    "broken server": {"status": 500},
    "storm of 429": {"status": 429, "headers": {"Retry-After": "1"}},
    "connection broken": {"close": "mid-body"},
}
"""What may come in place of a list, besides an empty one."""
