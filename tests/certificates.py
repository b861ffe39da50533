"""Certificates with their keys, and tokens of another issuer, as an application signs in with. No server's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

AUDIENCE = "api://AzureADTokenExchange"


def certificate(folder: Path, life: timedelta) -> tuple[Path, str]:
    """A PEM file with a key and its certificate, which is good for `life`, and the certificate alone."""
    key, now = _key(), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "entra-emply")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=9), now + life)
    public = builder.sign(key, SHA256()).public_bytes(Encoding.PEM)
    file = folder / "client.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + public)
    return file, public.decode()


class Issuer:
    """Who writes tokens that Entra exchanges, as Kubernetes does."""

    def __init__(self) -> None:
        self._private = _key()
        self.url, self.subject = "https://kubernetes.example/cluster", "system:serviceaccount:hr:entra-emply"
        public = self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.credential = {"issuer": self.url, "subject": self.subject, "key": public.decode()}
        """The federated credential of the application."""

    def token(self, **claims: object) -> str:
        """A token with these claims in place of the right ones."""
        ends = datetime.now(UTC) + timedelta(hours=1)
        right = {"iss": self.url, "sub": self.subject, "aud": [AUDIENCE], "exp": ends}
        return jwt.encode(right | claims, self._private, algorithm="RS256")


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
