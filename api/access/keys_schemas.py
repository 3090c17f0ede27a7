"""Schemas of API keys."""

from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from api.web.texts import KeyName
from api.web.values import Instant, Request, View
from store.workspaces.keys import ApiKey

KeyScope = Literal["read", "write", "gate", "admin"]
_EXAMPLE: Final[dict[str, Any]] = {
    "id": 3,
    "name": "Mary's laptop",
    "scopes": ["read", "write"],
    "created_at": "2026-03-01T09:30:00Z",
    "last_used_at": None,
    "revoked_at": None,
}


class KeyRequest(Request):
    """A key to be made."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Mary's laptop", "scopes": ["read", "write"]}]}
    )

    name: KeyName = Field(description="What people call it.")
    scopes: list[KeyScope] = Field(
        min_length=1, max_length=4, description="What it may do; no more than the key that asks."
    )


class KeyView(View):
    """An API key; the key itself is stored nowhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: int = Field(description="By which it is revoked; the audit log calls it `key:<id>`.")
    name: str
    scopes: list[KeyScope]
    created_at: Instant
    last_used_at: Instant | None = Field(
        description="To a minute, logins included; null where it never was."
    )
    revoked_at: Instant | None

    @classmethod
    def from_row(cls, row: ApiKey) -> "KeyView":
        """From a stored key."""
        return cls.model_validate(row, from_attributes=True)


class NewKeyView(KeyView):
    """A key that was just made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_EXAMPLE | {"key": "9vJ0qVxGZP8m4T1cR7nYw2LdHs5KfEaUbXiOoQtNzA0"}]
        }
    )

    key: str = Field(repr=False, description="Keep it: it is not shown again.")
