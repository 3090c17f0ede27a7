"""Settings of OpenDSR: under which name Stratum answers other systems, and what it signs with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field

from domain.privacy.opendsr import IDENTITY_TYPES
from sinks.opendsr.callbacks import CallbackParams
from sinks.opendsr.signing import Signer, read_signer

_Domain = Annotated[str, Field(pattern=r"^$|^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
_Url = Annotated[str, Field(pattern=r"^$|^https?://[!-~]+[^/]$")]
_TypeName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]


@dataclass(frozen=True)
class OpenDsrParams:
    """OpenDSR is answered where a domain, a key and its certificate are given.

    Attributes:
        processor_domain: at which requests come in; the certificate must be issued for it.
        key_file: PEM, an RSA key without a password.
        certificate_file: PEM, the key's certificate, and those that vouch for it.
        public_url: what addresses in answers begin with; empty: https and the domain.
        identities: identity type → kind of identifier; kinds go by their own names, too.
        callbacks: how callbacks are sent.

    Raises:
        ValueError: of domain, key and certificate some are given and some are not.
    """

    processor_domain: _Domain = ""
    key_file: Path | None = None
    certificate_file: Path | None = None
    public_url: _Url = ""
    identities: Mapping[_TypeName, str] = field(default_factory=lambda: dict(IDENTITY_TYPES))
    callbacks: CallbackParams = field(default_factory=CallbackParams)

    def __post_init__(self) -> None:
        if len({not self.processor_domain, not self.key_file, not self.certificate_file}) > 1:
            raise ValueError(
                "opendsr needs processor_domain, key_file and certificate_file, or none of them"
            )

    @property
    def base_url(self) -> str:
        """What addresses in answers begin with, without a slash at the end."""
        return self.public_url or f"https://{self.processor_domain}"


def read_files(params: OpenDsrParams) -> Signer | None:
    """What answers are signed with; None where OpenDSR is not configured.

    Raises:
        ValueError: a file cannot be read, or they do not fit each other or the domain.
    """
    if params.key_file is None or params.certificate_file is None:
        return None
    try:
        key, certificate = params.key_file.read_bytes(), params.certificate_file.read_bytes()
    except OSError as error:
        raise ValueError(f"opendsr: {error.filename} cannot be read: {error.strerror}") from error
    try:
        return read_signer(params.processor_domain, key, certificate)
    except ValueError as error:
        raise ValueError(f"opendsr: {error}") from None
