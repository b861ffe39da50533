"""The sessions of `http`: which certificates they trust, which proxies they use, and what urllib3 may log of them."""

import logging
import re
import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter


def session(ca_bundle: str | None, threads: int = 8) -> requests.Session:
    """A session that trusts `ca_bundle`, else the system's authorities; it ignores REQUESTS_CA_BUNDLE."""
    logging.getLogger("urllib3.connectionpool").addFilter(_WITHOUT_QUERY)
    made = _Session()
    made.trust_env = False
    made.verify = ca_bundle or ssl.get_default_verify_paths().cafile or True
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        made.mount(scheme, _Proxied(pool_connections=threads, pool_maxsize=threads, pool_block=True))
    return made


class _Session(requests.Session):
    """Follows no redirect, and does not look where one leads, as requests does in any case: it may be no address."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Nowhere."""
        return None


class _Proxied(HTTPAdapter):
    """Uses the standard proxy variables, except for this machine. (`trust_env` is off, so they are read here.)"""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        host = urlsplit(request.url or "").hostname or ""
        # 169.254: the address at which Azure's machines ask for their own identity.
        if host not in {"localhost", "::1"} and not host.startswith(("127.", "169.254.")):
            kwargs["proxies"] = requests.utils.get_environ_proxies(str(request.url))
        return super().send(request, *args, **kwargs)


class _WithoutQuery(logging.Filter):
    """Cuts off the query of the addresses that urllib3 logs, because it contains Emply's key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without queries."""
        if isinstance(record.args, tuple):
            record.args = tuple(re.sub(r"\?.*", "?…", each) if isinstance(each, str) else each for each in record.args)
        return True


_WITHOUT_QUERY = _WithoutQuery()
