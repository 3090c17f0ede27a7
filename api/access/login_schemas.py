"""Schemas of logins."""

from typing import Literal

from pydantic import ConfigDict, Field

from api.web.values import Instant, Request, View
from store.workspaces.logins import Identity


class LoginRequest(Request):
    """An API key to be exchanged for a cookie."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"api_key": "9vJ0qVxGZP8m4T1cR7nYw2LdHs5KfEaUbXiOoQtNzA0"}]}
    )

    api_key: str = Field(
        min_length=1,
        max_length=256,
        repr=False,
        description="As it was shown once; blanks around it do not count.",
    )


class LoginWorkspace(View):
    """The workspace that a key opens."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 1, "name": "default"}]})

    id: int
    name: str


class LoginView(View):
    """Who asks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Mary's laptop",
                    "workspace": {"id": 1, "name": "default"},
                    "scopes": ["read", "write"],
                    "expires_at": "2026-03-08T09:30:00Z",
                }
            ]
        }
    )

    name: str = Field(description="Of the API key.")
    workspace: LoginWorkspace
    scopes: list[Literal["read", "write", "gate", "admin"]] = Field(
        description="What the key may do."
    )
    expires_at: Instant | None = Field(
        description="When the login ends in any case; it ends earlier when it asks nothing for"
        " `edge.login.idle`. Null where the API key itself asks."
    )

    @classmethod
    def from_identity(cls, identity: Identity) -> "LoginView":
        """From the store's words."""
        workspace = LoginWorkspace(id=identity.workspace, name=identity.workspace_name)
        return cls.model_validate(
            {
                "name": identity.name,
                "workspace": workspace,
                "scopes": identity.scopes,
                "expires_at": identity.expires_at,
            }
        )
