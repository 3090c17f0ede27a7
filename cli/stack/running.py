"""Points a command at the stack that runs in this folder, where the settings name no other."""

from collections.abc import MutableMapping

from config.load import ConfigError, load_settings
from local.stack.running import running_environment


def attach(environ: MutableMapping[str, str]) -> None:
    """Add the embedded stack's addresses to the environment, unless a Postgres is configured.

    Raises:
        ConfigError: they have none, and no stack runs in ``data_dir``.
    """
    settings = load_settings(environ=environ)
    if settings.postgres.dsn.get_secret_value():
        return
    found = running_environment(settings.data_dir)
    if found is None:
        raise ConfigError(
            f"no stack runs in {settings.data_dir.absolute()} and postgres.dsn is not"
            " set: run `stratum up` or `make up` first"
        )
    environ.update(found)
