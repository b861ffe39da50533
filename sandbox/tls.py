"""Certificates: an authority made at start, and one certificate for this machine. Nothing is kept after the end."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

_LIFETIME = timedelta(days=30)


def make_certificates(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make an authority and a certificate for localhost, 127.0.0.1 and ::1.

    Returns the path of the authority's certificate (what clients trust) and the server's context.
    """
    authority = trustme.CA(organization_name="Sandbox")
    ends = datetime.now(UTC) + _LIFETIME
    certificate = authority.issue_cert("localhost", "127.0.0.1", "::1", not_after=ends)
    authority_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(authority_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return authority_file, context
