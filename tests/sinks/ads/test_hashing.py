"""Published hash vectors and the values that must never be hashed."""

import pytest

from sinks.ads import hashing


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("mary@example.com", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
        ("15559876543", "1ef970831d7963307784fa8688e8fce101a15685d62aa765fed23f3a2c576a4e"),
        ("+15559876543", "a6e349c7a8850f27ebcfa1865854e845c074da83ff19384d4b4c9df78357fa5a"),
        (
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "30a5154b77ab8b2ddbe19f5e7af72f33cc2a4a41f22940d965102650a1c72863",
        ),
    ],
)
def test_digest_matches_published_vectors(spelled: str, expected: str) -> None:
    assert hashing.digest(spelled) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (" Mary@Example.com ", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
        (
            "cloudy.sanfrancisco+shopping@gmail.com",
            "8dd4a9bf850242873c14976125edabc35096192b784626a5641a7d2de56e3c1e",
        ),
        ("janedoe@gmail.com", "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"),
        ("Person@Email.com", "b375b7bbddb3de3298fbc7641063d9f03a38e118aa4480c8ab9f58740982e8bd"),
    ],
)
def test_plain_email_form_matches_published_vectors(raw: str, expected: str) -> None:
    assert hashing.digest(hashing.email_plain(raw)) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            "Cloudy.SanFrancisco+Shopping@gmail.com",
            "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4",
        ),
        (
            "user.name+nyc@example.com",
            "f109a2a632fbcea5fc82049f50beed3d8621bf9034399f437fb622222acccdac",
        ),
    ],
)
def test_gmail_form_matches_published_vectors(raw: str, expected: str) -> None:
    assert hashing.digest(hashing.email_gmail(raw)) == expected


@pytest.mark.parametrize("raw", ["+1 (555) 987-6543", "+15559876543", "0015559876543"])
def test_phone_digits_form_matches_published_vector(raw: str) -> None:
    assert (
        hashing.digest(hashing.phone_digits(raw))
        == "1ef970831d7963307784fa8688e8fce101a15685d62aa765fed23f3a2c576a4e"
    )


def test_phone_e164_form_matches_published_vector() -> None:
    assert (
        hashing.digest(hashing.phone_e164("+1 800 555-0100"))
        == "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"
    )


def test_device_id_is_lower_case_with_hyphens() -> None:
    assert (
        hashing.device_id(" F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6 ")
        == "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    )


@pytest.mark.parametrize(
    "value", ["", " ", "none", "@example.com", "a@", "a@localhost", "a b@example.com"]
)
def test_unusable_email_is_spelled_empty(value: str) -> None:
    assert hashing.email_plain(value) == ""
    assert hashing.email_gmail(value) in {"", "ab@example.com"}


@pytest.mark.parametrize(
    "value", ["", "+0000000000", "12345", "n/a", "+1111111111", "1234567890123456"]
)
def test_unusable_phone_is_spelled_empty(value: str) -> None:
    assert hashing.phone_digits(value) == ""
    assert hashing.phone_e164(value) == ""


@pytest.mark.parametrize("value", ["", "00000000-0000-0000-0000-000000000000", "iphone", "a" * 64])
def test_unusable_device_id_is_spelled_empty(value: str) -> None:
    assert hashing.device_id(value) == ""


def test_nothing_is_never_hashed() -> None:
    assert hashing.digest("") == ""
