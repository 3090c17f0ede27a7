"""What a record that could not be read may name somebody by."""

import json

from hypothesis import given
from hypothesis import strategies as st

from domain.keys import identifier_key
from domain.policies import IdentityRules
from operators.erasure.mentions import identifier_keys, texts
from operators.identity.normalise import normalise

RULES = IdentityRules()


def spelled(kind: str, text: str) -> str | None:
    return normalise(kind, text, RULES, "US")


@given(st.binary())
def test_no_bytes_raise(payload: bytes) -> None:
    identifier_keys(texts(payload), RULES.kinds, [spelled], b"salt")


@given(
    st.recursive(
        st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_every_text_and_number_of_json_is_found(tree: object) -> None:
    found = texts(json.dumps(tree).encode())
    left = [tree]
    while left:
        match left.pop():
            case dict() as members:
                assert found >= members.keys()
                left += members.values()
            case list() as items:
                left += items
            case str() as text:
                assert text in found
            case number:
                assert str(number) in found


def test_half_a_character_names_nobody() -> None:
    found = identifier_keys(["\ud83d", "mary"], ["user_id"], [spelled], b"salt")
    assert found == {identifier_key(b"salt", "user_id", "mary")}
