"""Reading the configuration: defaults, then the file, then the environment.

Mistakes name their place.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from config.load import ConfigError, load_settings
from config.settings import Settings


def file(folder: Path, text: str) -> Path:
    path = folder / "stratum.yaml"
    path.write_text(text)
    return path


def test_nothing_set_gives_the_defaults() -> None:
    assert load_settings(environ={}) == Settings()


def test_the_file_overrides_defaults_and_leaves_the_rest(tmp_path: Path) -> None:
    settings = load_settings(file(tmp_path, "engine: {workers: 5}"), {})
    assert settings.engine.workers == 5
    assert settings.engine.batch_records == Settings().engine.batch_records


def test_the_environment_overrides_the_file_key_by_key(tmp_path: Path) -> None:
    settings = load_settings(
        file(tmp_path, "engine: {workers: 5, retries: 7}"), {"STRATUM_ENGINE__WORKERS": "3"}
    )
    assert (settings.engine.workers, settings.engine.retries) == (3, 7)


def test_the_environment_names_the_file(tmp_path: Path) -> None:
    path = file(tmp_path, "server: {port: 9999}")
    assert load_settings(environ={"STRATUM_CONFIG": str(path)}).server.port == 9999


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load_settings(file(tmp_path, ""), {}) == Settings()


def test_values_of_variables_are_yaml() -> None:
    settings = load_settings(
        environ={
            "STRATUM_LOG__KAFKA__TOPICS": "[web, app]",
            "STRATUM_LOG__KAFKA__OPTIONS": "{security.protocol: ssl}",
        }
    )
    assert settings.log.kafka.topics == ("web", "app")
    assert settings.log.kafka.options == {"security.protocol": "ssl"}


def test_a_variable_that_is_no_yaml_is_taken_as_text() -> None:
    settings = load_settings(environ={"STRATUM_META__ACCESS_TOKEN": "@secret: ["})
    assert settings.platforms["meta"].secrets == ("@secret: [",)


def test_a_number_may_stand_for_an_account() -> None:
    settings = load_settings(environ={"STRATUM_META__ACCOUNT_ID": "1000000001"})
    assert settings.platforms["meta"].account == "1000000001"


@pytest.mark.parametrize("text", ["PT0.5S", "0.5", "'00:00:00.5'"])
def test_spans_are_iso_8601_or_seconds(text: str) -> None:
    assert load_settings(
        environ={"STRATUM_LOG__READ__IDLE_WAIT": text}
    ).log.read.idle_wait == timedelta(milliseconds=500)


def test_variables_of_others_are_left_alone() -> None:
    assert (
        load_settings(
            environ={
                "HOME": "/",
                "PGPASSWORD": "x",
                "STRATUM_TEST_KAFKA": "localhost:9092",
                "STRATUM_WRITE_KEY": "k",
            }
        )
        == Settings()
    )


@pytest.mark.parametrize(
    ("variable", "key"),
    [
        ("STRATUM_ENGINE__WORKRS", "engine.workrs"),
        ("STRATUM_NOSUCH", "nosuch"),
        ("STRATUM_EDGE__COLLECTOR__LIMIT", "edge.collector.limit"),
        ("STRATUM_META__NOSUCH", "meta.nosuch"),
        ("STRATUM_DELIVERY__RETRY__NOSUCH", "delivery.retry.nosuch"),
    ],
)
def test_an_unknown_key_is_an_error_that_names_it(variable: str, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"\n  {key}: "):
        load_settings(environ={variable: "1"})


def test_an_unknown_key_in_the_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\n  log\.kafka\.nosuch: "):
        load_settings(file(tmp_path, "log: {kafka: {nosuch: 1}}"), {})


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("STRATUM_SERVER__PORT", "eighty", r"server\.port: .*integer"),
        ("STRATUM_SERVER__PORT", "70000", r"server\.port: .*65535"),
        ("STRATUM_LOG__KIND", "rabbit", r"log\.kind: .*valkey.*kafka"),
        ("STRATUM_LOG__READ__IDLE_WAIT", "soon", r"log\.read\.idle_wait: .*(duration|timedelta)"),
        ("STRATUM_ENGINE", "3", r"engine: "),
    ],
)
def test_a_wrong_value_is_an_error_that_names_key_and_expectation(
    variable: str, value: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        load_settings(environ={variable: value})


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(environ={"STRATUM_SERVER__PORT": "x", "STRATUM_ENGINE__WORKERS": "0"})
    assert "server.port" in str(caught.value)
    assert "engine.workers" in str(caught.value)


def test_errors_never_repeat_a_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(
            environ={
                "STRATUM_POSTGRES__DSN": "[hunter2]",
                "STRATUM_META__ACCESS_TOKEN": "{hunter2: 1}",
            }
        )
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["a: [1", "- a\n- b", "just text", "\x00"])
def test_a_file_that_is_no_table_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"stratum\.yaml"):
        load_settings(file(tmp_path, text), {"STRATUM_SERVER__PORT": "1"})


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nosuch\.yaml"):
        load_settings(tmp_path / "nosuch.yaml", {})


def test_secrets_are_not_shown() -> None:
    settings = load_settings(
        environ={
            "STRATUM_POSTGRES__DSN": "postgresql://u:hunter2@h/d",
            "STRATUM_META__ACCESS_TOKEN": "hunter2",
        }
    )
    assert "hunter2" not in repr(settings)


def test_a_secret_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("0123: not yaml\n")
    settings = load_settings(
        environ={"STRATUM_META__ACCESS_TOKEN__FILE": str(secret), "STRATUM_META__ACCOUNT_ID": "1"}
    )
    assert settings.platforms["meta"].secrets == ("0123: not yaml",)
    assert "not yaml" not in repr(settings)


def test_a_file_of_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="STRATUM_META__ACCESS_TOKEN__FILE"):
        load_settings(environ={"STRATUM_META__ACCESS_TOKEN__FILE": str(tmp_path / "nowhere")})
