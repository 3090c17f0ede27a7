"""What people write for others to read: reasons, names, descriptions; how much of it must be seen.

What events say is not meant: senders may spell that as they like. A text that was stored before
these rules is still shown.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_VISIBLE: Final = frozenset("LMNPS")
"""First letters of the Unicode categories that leave a trace: letters, marks, digits, signs."""
_BLANK: Final = frozenset(
    [
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164),
        *(0xFFA0, 0x1107F, 0x16FE4, 0x1D159),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    ]
)
"""Of those categories, and drawn as nothing: fillers, blanks, selectors of a variation."""
OBEYED: Final = r"\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ufffe\uffff"
"""Beyond ASCII's controls, as in a class of a regular expression."""
_OBEYED: Final = re.compile(rf"[\x00-\x1f{OBEYED}\ud800-\udfff]")
"""What is obeyed and not read: controls, separators of lines and of paragraphs, what embeds,
overrides or isolates the direction of writing or swaps its signs, annotations between lines; and
halves of surrogates and what is no character, which are nothing."""


@dataclass(frozen=True)
class TextForm:
    """What a text has to be like, without the blanks around it.

    Attributes:
        least: so many visible characters.
        most: so many characters at most.
        lines: whether it may have several lines.
    """

    least: int
    most: int
    lines: bool = False

    def problem(self, text: str) -> str | None:
        r"""What to do about a text, as a sentence; None where it is fine.

        No part of the text is repeated.

        >>> name = TextForm(1, 200)
        >>> name.problem("\u200b")
        'It shows too little: write at least 1 visible character.'
        >>> name.problem("\U0001f469\u200d\U0001f52c")
        """
        if len(text) > self.most:
            return f"It is too long: write at most {self.most:,} characters."
        lines = "\t\n\r" if self.lines else ""
        obeyed = next((sign for sign in _OBEYED.finditer(text) if sign[0] not in lines), None)
        if obeyed is not None:
            return (
                f"Leave out character {obeyed.end()}: it is a control character"
                f"{'' if self.lines else ', a line break'} or turns the direction of writing."
            )
        if visible(text) < self.least:
            return (
                f"It shows too little: write at least {self.least} visible"
                f" character{'' if self.least == 1 else 's'}."
            )
        return None


def visible(text: str) -> int:
    r"""How many characters of a text leave a trace.

    >>> visible("a\u200b b"), visible("\u3164\u2800\ufe0f")
    (2, 0)
    """
    return sum(
        unicodedata.category(sign)[0] in _VISIBLE and ord(sign) not in _BLANK for sign in text
    )


def escaped(text: str, *, lines: bool = False) -> str:
    r"""A text for a terminal: what it would obey is spelled as in JSON, so that JSON stays JSON.

    Args:
        text: from wherever.
        lines: whether line breaks and tabs stay as they are.

    >>> escaped("\x1b[31mred\n"), escaped("a\n\x9b", lines=True)
    ('\\u001b[31mred\\u000a', 'a\n\\u009b')
    """
    if text.isprintable():
        return text
    kept = "\t\n" if lines else ""
    return _OBEYED.sub(lambda sign: sign[0] if sign[0] in kept else f"\\u{ord(sign[0]):04x}", text)


REASON: Final = TextForm(3, 500)
"""Why something is done, for the audit log."""
LONG_REASON: Final = TextForm(3, 1_000)
"""Why identifiers are split or joined, which also the graph shows."""
KEY_NAME: Final = TextForm(1, 100)
"""Of an API key or a source."""
NAME: Final = TextForm(1, 200)
"""Of a workspace, an audience, or what is defined: a segment, a trait."""
DESCRIPTION: Final = TextForm(0, 2_000, lines=True)
"""Of what is defined."""
