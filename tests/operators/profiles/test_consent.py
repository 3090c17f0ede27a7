"""Consent is read alone from a stored person just as it is with everything else."""

import random

import pytest

from domain.ids import IdentifierKey, ProfileId, WorkspaceId
from domain.profiles.leaf import Leaf, Register, Revenue
from domain.profiles.profile import Person, decode_consent, decode_person, encode_person
from operators.profiles.consent import consents, grants


@pytest.mark.parametrize("seed", range(50))
def test_consent_read_alone_equals_the_whole_persons(seed: int) -> None:
    chance = random.Random(seed)
    key = chance.randbytes(16)
    stated = {
        purpose: Register(
            chance.random() < 0.5, chance.randrange(2**40), chance.randrange(-(2**63), 2**63)
        )
        for purpose in "abcd"
    }
    leaf = Leaf(
        first_ms=chance.randrange(2**40),
        types={"track": chance.randrange(2**30)},
        names={f"track:{number}": number for number in range(chance.randrange(40))},
        traits={"plan": Register({"of": ["anything", None, 1.5]}, 1, 2)},
        groups={"g": Register({"name": "x"}, 3, 4)},
        sessions=[chance.randrange(2**40) for _ in range(chance.randrange(8))],
        revenue={"EUR": Revenue(1, 5)},
        consent=dict(chance.sample(sorted(stated.items()), chance.randrange(5))),
        overflow=chance.random() < 0.5,
    )
    packed = encode_person(
        Person(ProfileId(key), WorkspaceId(1), 7, leaf, {"email": 1}, IdentifierKey(key))
    )
    whole, alone = decode_person(packed), decode_consent(packed)
    assert alone == whole.view.consent
    assert [grants(alone, purpose) for purpose in "abcde"] == [
        consents(whole.view, purpose) for purpose in "abcde"
    ]
