"""Signs what a processor says: RSA with SHA-256 (PKCS #1 v1.5), in base64.

Source: FIPS 186-4, section 5, which OpenDSR names; SHA-256 with RSA is what mParticle signs with.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from domain.privacy.opendsr import DOMAIN_HEADER, SIGNATURE_HEADER

_LEAST_BITS: Final = 2048


@dataclass(frozen=True)
class Signer:
    """A processor's hand.

    Attributes:
        domain: that the certificate is issued for, and requests come in at.
        certificate: PEM, with its chain if there is one.
        key: its private key.
    """

    domain: str
    certificate: bytes
    key: RSAPrivateKey = field(repr=False)

    def sign(self, body: bytes) -> str:
        """The signature of a body, base64 in one line."""
        return b64encode(self.key.sign(body, PKCS1v15(), hashes.SHA256())).decode()

    def headers(self, body: bytes) -> dict[str, str]:
        """The headers of a signed body."""
        return {DOMAIN_HEADER: self.domain, SIGNATURE_HEADER: self.sign(body)}


def read_signer(domain: str, key_pem: bytes, certificate_pem: bytes) -> Signer:
    """Read a key and its certificate.

    Args:
        domain: what the certificate must be issued for.
        key_pem: an RSA key of 2048 bits at least, without a password.
        certificate_pem: its certificate first, then those that vouch for it.

    Raises:
        ValueError: one cannot be read, or they do not fit each other or the domain.
    """
    try:
        key = load_pem_private_key(key_pem, password=None)
    except (TypeError, ValueError):
        raise ValueError("the key is no PEM without a password") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise ValueError(f"the key must be an RSA key of {_LEAST_BITS} bits at least")
    try:
        certificate = x509.load_pem_x509_certificates(certificate_pem)[0]
    except ValueError:
        raise ValueError("the certificate is no PEM") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if certificate.public_key().public_bytes(*form) != key.public_key().public_bytes(*form):
        raise ValueError("the certificate is another key's")
    names = _names(certificate)
    if not any(_covers(name, domain) for name in names):
        raise ValueError(f"the certificate is issued for {', '.join(names) or 'no domain'}")
    return Signer(domain, certificate_pem, key)


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.DNSName)


def _covers(name: str, domain: str) -> bool:
    """Whether a certificate's name is that of a domain; `*` stands for its first label.

    >>> _covers("*.example.com", "dsr.example.com"), _covers("*.example.com", "a.b.example.com")
    (True, False)
    """
    name, domain = name.lower(), domain.lower()
    return name == domain or (name.startswith("*.") and name[2:] == domain.partition(".")[2])
