"""What ends answers without end: a logout, or the end of a key."""

from typing import Annotated, Protocol

from api.web.deps import state


class Streams(Protocol):
    """The answers without end of this process; `api.live.hub` has them."""

    def end_login(self, digest: bytes) -> None:
        """End at once what a login listens to.

        Args:
            digest: `store.workspaces.bootstrap.key_hash` of its token.
        """
        ...

    def end_key(self, key_id: int) -> None:
        """End at once what an API key and its logins listen to."""
        ...


StreamsDep = Annotated[Streams, state("live")]
"""Parameter of a route that ends a login or a key."""
