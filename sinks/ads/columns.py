"""The identifier kinds that a platform takes: in which of its fields, and in which form."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sinks.ads.hashing import digest, smallest


@dataclass(frozen=True)
class Column:
    """One identifier kind of a platform.

    Attributes:
        kind: identifier kind.
        fields: the platform's names of the fields that it fills, all with the same value; none: it
            is not sent.
        spell: its form at the platform (`sinks.ads.hashing`); the empty string for what is no use.
        hashed: whether the platform takes its SHA-256 instead of the value.
    """

    kind: str
    fields: tuple[str, ...]
    spell: Callable[[str], str]
    hashed: bool = True

    def value(self, identifiers: Mapping[str, Iterable[str]]) -> str:
        """Return a person's value: the smallest usable form, or the empty string.

        Args:
            identifiers: kind → normalised values.

        >>> Column("email", ("EMAIL",), str.lower, hashed=False).value({"email": ("B@x", "A@x")})
        'a@x'
        """
        if not self.fields:
            return ""
        spelled = smallest(identifiers.get(self.kind, ()), self.spell)
        return digest(spelled) if self.hashed else spelled

    def digests(self, identifiers: Mapping[str, Iterable[str]]) -> list[str]:
        """Hash every usable value of a person, each once; smallest hash first.

        Args:
            identifiers: kind → normalised values.
        """
        usable = filter(None, map(self.spell, identifiers.get(self.kind, ())))
        return sorted({digest(spelled) for spelled in usable})
