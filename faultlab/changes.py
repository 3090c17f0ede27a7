"""What faults do to a record before it is decoded.

Each changes a raw record of the Segment specification in place.
"""

from hashlib import sha256

from faultlab.disturbance import Raw


def lose_identifiers(raw: Raw) -> None:
    """The login no longer reaches the tracker.

    User id, e-mail and phone are gone, a cookie or device stays.
    """
    known = raw.pop("userId", None)
    raw["context"].pop("traits", None)
    if known is not None and "anonymousId" not in raw:
        raw["anonymousId"] = f"lost-{known}"


def hash_emails(raw: Raw) -> None:
    """E-mail addresses arrive as the platform's hash, where the plain address belongs."""
    traits = raw["context"].get("traits", {})
    if "email" in traits:
        traits["email"] = sha256(traits["email"].upper().encode()).hexdigest()


def drop_properties(raw: Raw) -> None:
    """Properties are gone: the first half of them, in their order."""
    names = list(raw["properties"])
    for name in names[: (len(names) + 1) // 2]:
        del raw["properties"][name]


def rename_properties(raw: Raw) -> None:
    """Properties change from snake_case to camelCase, and money becomes an object.

    This is what a rewrite of the tracker does.
    """
    renamed = {}
    for name, value in raw["properties"].items():
        first, *rest = name.split("_")
        renamed[first + "".join(word.capitalize() for word in rest) if rest else f"{name}Value"] = (
            value
        )
    raw["properties"] = renamed


def break_records(raw: Raw) -> None:
    """The wrong shape altogether: properties as a list of pairs, traits as text."""
    raw["properties"] = [[name, value] for name, value in raw["properties"].items()]
    raw["context"]["traits"] = "unknown"


def retype_properties(raw: Raw) -> None:
    """Numbers arrive as text with a unit, and text as numbers."""
    for name, value in raw["properties"].items():
        if isinstance(value, bool):
            raw["properties"][name] = str(value)
        elif isinstance(value, int | float):
            raw["properties"][name] = f"{value} EUR"
        elif isinstance(value, str):
            raw["properties"][name] = len(value)


def inflate_amounts(raw: Raw) -> None:
    """Amounts arrive in cents where units belong."""
    if "revenue" in raw["properties"]:
        raw["properties"]["revenue"] *= 100


def grant_consent(raw: Raw) -> None:
    """The banner grants without being asked."""
    raw["context"]["consent"] = {"categoryPreferences": {"ads": True}}


def refuse_consent(raw: Raw) -> None:
    """The banner no longer takes a grant."""
    raw["context"]["consent"] = {"categoryPreferences": {"ads": False}}


def migrate(raw: Raw) -> None:
    """A planned migration of the SDK.

    A new version, which adds properties and leaves what was there.
    """
    raw["context"]["library"]["version"] = "3.0.0"
    raw["properties"] |= {"session_id": "s-1", "sdk_generation": 3}


def rename_event(raw: Raw) -> None:
    """A new event beside the others.

    Page views that were counted as such now also have a name of their own.
    """
    if raw["type"] == "page":
        raw["type"], raw["event"] = "track", "Page Engaged"
        raw.pop("name", None)
