"""Combines tests of rules: all of them, any of them, not this one.

A combined answer holds until the earliest instant at which it *can* change; a part that does not
matter now is not waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from operators.rules.windows import NEVER
from operators.segments.nodes import Answer, Subject, Test


def all_of(tests: Sequence[Test]) -> Test:
    """Every test holds.

    While it does not, it cannot before every test that does not hold has changed.
    """
    return Both(*tests).test if len(tests) == 2 else Every(tuple(tests)).test


def any_of(tests: Sequence[Test]) -> Test:
    """At least one test holds.

    While it does, it cannot cease before every test that holds has changed.
    """
    return Either(*tests).test if len(tests) == 2 else Some(tuple(tests)).test


def negation(test: Test) -> Test:
    """The test does not hold."""
    return Negated(test).test


@dataclass(frozen=True, slots=True)
class Every:
    """All of any number of tests."""

    tests: tuple[Test, ...]

    def test(self, subject: Subject) -> Answer:
        """Ask in order, up to one that never holds."""
        until, waits = NEVER, 0
        for one in self.tests:
            holds, changes = one(subject)
            if not holds:
                if changes >= NEVER:
                    return False, NEVER
                waits = max(waits, changes)
            elif changes < until:
                until = changes
        return (False, waits) if waits else (True, until)


@dataclass(frozen=True, slots=True)
class Some:
    """Any of any number of tests."""

    tests: tuple[Test, ...]

    def test(self, subject: Subject) -> Answer:
        """Ask in order, up to one that always holds."""
        until, waits = NEVER, 0
        for one in self.tests:
            holds, changes = one(subject)
            if holds:
                if changes >= NEVER:
                    return True, NEVER
                waits = max(waits, changes)
            elif changes < until:
                until = changes
        return (True, waits) if waits else (False, until)


@dataclass(frozen=True, slots=True)
class Both:
    """`Every` of two tests, the most common number."""

    one: Test
    other: Test

    def test(self, subject: Subject) -> Answer:
        """Ask the second unless the first never holds."""
        first, changes = self.one(subject)
        if not first and changes >= NEVER:
            return False, NEVER
        second, later = self.other(subject)
        if first is second:
            if first:
                return True, min(changes, later)
            return False, max(changes, later)
        return False, later if first else changes


@dataclass(frozen=True, slots=True)
class Either:
    """`Some` of two tests."""

    one: Test
    other: Test

    def test(self, subject: Subject) -> Answer:
        """Ask the second unless the first always holds."""
        first, changes = self.one(subject)
        if first and changes >= NEVER:
            return True, NEVER
        second, later = self.other(subject)
        if first is second:
            if first:
                return True, max(changes, later)
            return False, min(changes, later)
        return True, changes if first else later


@dataclass(frozen=True, slots=True)
class Negated:
    """The opposite of a test."""

    of: Test

    def test(self, subject: Subject) -> Answer:
        """Ask, and turn the answer round."""
        holds, until = self.of(subject)
        return not holds, until
