"""Texts that people write: what must be seen of them, and what none of them may have."""

import json

import pytest

from domain.texts import DESCRIPTION, KEY_NAME, NAME, REASON, escaped, visible

FORBIDDEN = [
    *(chr(code) for code in (0, 7, 9, 10, 13, 27, 0x7F, 0x85, 0x9B, 0x2028, 0x2029)),
    *(chr(code) for code in range(0x202A, 0x202F)),
    *(chr(code) for code in range(0x2066, 0x2070)),
    *"\ufff9\ufffb\ufffe\uffff",
    "\ud83d",
]
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\u200b\u200b\u200b",
        "\u2060\ufeff\u00ad",
        "\u3164\uffa0\u115f",
        "\u2800\u2800\u2800",
        "\ufe0f\u034f\U000e0100",
        "\U000e0041\U000e0042\U000e0043",
        "\u200d\u200d\u200d",
        "\u00a0 \u3000",
        "\U0001107f\U00016fe4",
    ],
)
def test_what_shows_nothing_is_no_text(text: str) -> None:
    assert visible(text) == 0
    for form in (REASON, KEY_NAME, NAME):
        assert "visible character" in (form.problem(text) or "")


@pytest.mark.parametrize("text", ["ab", "a\u200bb", "a b", "\u200b\u200bab"])
def test_a_reason_takes_three_visible_characters(text: str) -> None:
    assert REASON.problem(text) == "It shows too little: write at least 3 visible characters."
    assert REASON.problem(text + "c") is None


@pytest.mark.parametrize("sign", FORBIDDEN)
def test_controls_and_turns_of_direction_are_refused_by_their_place(sign: str) -> None:
    told = NAME.problem(f"list{sign}es")

    assert told is not None
    assert "character 5" in told
    assert sign not in told


@pytest.mark.parametrize(
    "text",
    [
        "Mary's laptop",
        "Größe – 100 %",
        FAMILY,
        "\u2764\ufe0f\u200d\U0001f525",
        "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\u05e9\u05dc\u05d5\u05dd\u200f!",
        "已确认",
        "e\u0301te\u0301",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)
def test_every_script_and_emoji_is_a_text(text: str) -> None:
    assert NAME.problem(text) is None
    assert KEY_NAME.problem(text) is None


def test_a_description_may_have_lines_and_be_empty() -> None:
    assert DESCRIPTION.problem("First.\r\n\tSecond.") is None
    assert DESCRIPTION.problem("") is None
    assert DESCRIPTION.problem("First.\x1b[31m") == (
        "Leave out character 7: it is a control character or turns the direction of writing."
    )


def test_no_text_is_longer_than_its_form_says() -> None:
    assert KEY_NAME.problem("a" * 100) is None
    assert KEY_NAME.problem("a" * 101) == "It is too long: write at most 100 characters."


@pytest.mark.parametrize("sign", FORBIDDEN)
def test_what_is_refused_is_spelled_out_where_it_is_printed(sign: str) -> None:
    told = escaped(f"a{sign}b")

    assert told == f"a\\u{ord(sign):04x}b"
    assert told.isprintable()


def test_what_can_be_read_is_printed_as_it_is() -> None:
    for text in (FAMILY, "Größe – 100 %\u00a0€", "\u05e9\u05dc\u05d5\u05dd\u200f!"):
        assert escaped(text) == text
    assert escaped("a\n\tb\r\n", lines=True) == "a\n\tb\\u000d\n"


def test_json_that_is_spelled_out_says_the_same() -> None:
    found = {"name": "a\x9b31m\u202eb\x7f"}
    assert json.loads(escaped(json.dumps(found, ensure_ascii=False))) == found
