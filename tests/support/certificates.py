"""Keys and certificates that tests make for themselves."""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DOMAIN: Final = "dsr.example.com"


@dataclass(frozen=True)
class Pair:
    """A key and its certificate, PEM."""

    key: bytes
    certificate: bytes

    def written(self, folder: Path) -> tuple[Path, Path]:
        """Both as files."""
        files = folder / "dsr-key.pem", folder / "dsr-certificate.pem"
        files[0].write_bytes(self.key)
        files[1].write_bytes(self.certificate)
        return files


def make_pair(names: Sequence[str] = (DOMAIN,), bits: int = 2048) -> Pair:
    """A new key, and a certificate that it signs itself for some domains."""
    key = generate_private_key(65537, bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    since = datetime.now(UTC) - timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=30))
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(alternatives, critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(key.private_bytes(*form), certificate.public_bytes(Encoding.PEM))


def verify(certificate: bytes, body: bytes, signature: str) -> None:
    """Verify the signature of a body by a certificate.

    Raises:
        cryptography.exceptions.InvalidSignature: it is another's, or of another body.
    """
    key = x509.load_pem_x509_certificate(certificate).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(b64decode(signature, validate=True), body, PKCS1v15(), hashes.SHA256())
