"""What is signed is verified by the certificate; a key that does not fit is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from config.opendsr import OpenDsrParams, read_files
from sinks.opendsr.signing import read_signer
from tests.support.certificates import DOMAIN, Pair, make_pair, verify


@pytest.fixture(scope="module")
def pair() -> Pair:
    return make_pair()


def test_a_signature_holds_for_the_body_alone(pair: Pair) -> None:
    signer = read_signer(DOMAIN, pair.key, pair.certificate)

    headers = signer.headers(b"{}")

    assert headers["X-OpenDSR-Processor-Domain"] == DOMAIN
    assert headers == signer.headers(b"{}"), "the same body is signed the same"
    verify(pair.certificate, b"{}", headers["X-OpenDSR-Signature"])
    with pytest.raises(InvalidSignature):
        verify(pair.certificate, b"{ }", headers["X-OpenDSR-Signature"])
    assert "key" not in repr(signer)


@pytest.mark.parametrize("names", [[DOMAIN], ["other.example", DOMAIN.upper()], ["*.example.com"]])
def test_a_certificate_is_issued_for_the_domain(names: list[str]) -> None:
    made = make_pair(names)
    assert read_signer(DOMAIN, made.key, made.certificate).domain == DOMAIN


@pytest.mark.parametrize("names", [[], ["example.com"], ["*.com"], ["*.dsr.example.com"]])
def test_one_for_another_domain_is_refused(names: list[str]) -> None:
    made = make_pair(names)
    with pytest.raises(ValueError, match="issued for"):
        read_signer(DOMAIN, made.key, made.certificate)


def test_what_does_not_fit_is_refused(pair: Pair) -> None:
    small, other = make_pair(bits=1024), make_pair()
    curve = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    for key, certificate, why in (
        (pair.certificate, pair.certificate, "the key is no PEM"),
        (b"", pair.certificate, "the key is no PEM"),
        (curve, pair.certificate, "RSA"),
        (small.key, small.certificate, "2048"),
        (pair.key, pair.key, "the certificate is no PEM"),
        (pair.key, b"", "the certificate is no PEM"),
        (pair.key, other.certificate, "another key's"),
    ):
        with pytest.raises(ValueError, match=why):
            read_signer(DOMAIN, key, certificate)


def test_a_chain_may_follow_the_certificate(pair: Pair) -> None:
    chain = pair.certificate + make_pair(["ca.example"]).certificate
    assert read_signer(DOMAIN, pair.key, chain).certificate == chain


def test_settings_name_all_or_nothing(pair: Pair, tmp_path: Path) -> None:
    key, certificate = pair.written(tmp_path)
    whole = OpenDsrParams(DOMAIN, key, certificate)
    assert read_files(whole) is not None
    assert whole.base_url == f"https://{DOMAIN}"
    assert replace(whole, public_url="http://127.0.0.1:1").base_url == "http://127.0.0.1:1"
    assert read_files(OpenDsrParams()) is None
    for fewer in ({"processor_domain": ""}, {"key_file": None}, {"certificate_file": None}):
        with pytest.raises(ValueError, match="or none of them"):
            replace(whole, **fewer)
    with pytest.raises(ValueError, match="cannot be read"):
        read_files(replace(whole, key_file=tmp_path / "missing"))
    with pytest.raises(ValueError, match="opendsr: the key"):
        read_files(replace(whole, key_file=certificate))
