"""The files of the full stack fit each other and the code: services, commands, settings, metrics,
board, alerts and their manual."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer.main
import yaml
from prometheus_client.metrics import MetricWrapperBase
from setuptools import find_packages

import api.edge.metrics
import dataflows.metrics
from cli.main import app
from config.load import PREFIX, load_settings

ROOT: Final = Path(__file__).parents[1]
COMPOSE: Final = ROOT / "docker-compose.yml"
ONE_SHOT: Final = {"migrate", "topics"}
SECRETS: Final = {"POSTGRES_PASSWORD", "VALKEY_PASSWORD", "GRAFANA_ADMIN_PASSWORD"}
OF_PROMETHEUS: Final = {"up", "process_resident_memory_bytes"}
"""Metrics that Prometheus and its client library bring along."""

_SECRET: Final = r"(?:^|_)(?:PASSWORD|SECRET|TOKEN|KEY)(?:_|$)"
_VARIABLE: Final = re.compile(r"\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}")


def canonical(package: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def interpolated(text: str, given: dict[str, str]) -> str:
    """The file as compose reads it: ``${NAME:-default}``, ``${NAME:?message}``, ``$$``."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return given.get(match[1]) or (match[3] if match[2] == "-" else f"<{match[1]}>")

    return _VARIABLE.sub(value, text)


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        interpolated(COMPOSE.read_text(), dict.fromkeys(SECRETS, "hunter2"))
    )["services"]
    return found


def ours() -> dict[str, Any]:
    """The services that run this project's image."""
    return {name: service for name, service in services().items() if "build" in service}


def variables() -> dict[str, tuple[str, str]]:
    """Name → (operator, default or message) of everything that the compose file reads from its
    environment."""
    return {
        match[1]: (match[2] or "", match[3] or "")
        for match in _VARIABLE.finditer(COMPOSE.read_text())
        if match[1]
    }


def expressions() -> Iterator[tuple[str, str]]:
    """(Where, PromQL) of every panel and every alert."""
    for panel in board()["panels"]:
        for target in panel["targets"]:
            yield f"panel {panel['title']}", target["expr"]
    for rule in alert_rules():
        yield f"alert {rule['alert']}", rule["expr"]


def board() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (ROOT / "deploy/grafana/dashboards/stratum.json").read_text()
    )
    return found


def alert_rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def series_of(module: object) -> dict[str, set[str]]:
    """Every series that a module's metrics make: name → labels."""
    found: dict[str, set[str]] = {}
    for metric in vars(module).values():
        if isinstance(metric, MetricWrapperBase):
            family = next(iter(metric.describe()))
            endings = {
                "counter": ["_total"],
                "histogram": ["_bucket", "_sum", "_count"],
                "gauge": [""],
            }[family.type]
            found |= {
                family.name + ending: {
                    *metric._labelnames,
                    *({"le"} if ending == "_bucket" else ()),
                }
                for ending in endings
            }
    return found


def compose_command() -> list[str] | None:
    """How compose (version 2 or later) is called here; None where it is not installed."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            answer = subprocess.run(
                [*command, "version", "--short"], capture_output=True, text=True, check=False
            )
            if answer.returncode == 0 and not answer.stdout.lstrip("v").startswith("1."):
                return command
    return None


def config_by_compose(env_file: Path) -> subprocess.CompletedProcess[str]:
    command = compose_command()
    if command is None:
        pytest.skip("docker compose is not installed")
    arguments = [
        *command,
        "--env-file",
        str(env_file),
        "-f",
        str(COMPOSE),
        "config",
        "--format",
        "json",
    ]
    only = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(arguments, capture_output=True, text=True, check=False, env=only)


@pytest.mark.servers
def test_compose_accepts_the_file(tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text("".join(f"{name}=hunter2\n" for name in SECRETS))
    answer = config_by_compose(env)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    resolved = json.loads(answer.stdout)["services"]
    assert resolved.keys() == services().keys()
    assert resolved["engine"]["deploy"]["replicas"] == 2


@pytest.mark.servers
def test_compose_refuses_to_start_without_secrets() -> None:
    answer = config_by_compose(ROOT / "deploy/env.example")
    assert answer.returncode != 0
    assert "set it in .env" in answer.stderr


def test_the_whole_stack_is_there() -> None:
    expected = {
        "kafka",
        "topics",
        "postgres",
        "valkey",
        "migrate",
        "api",
        "engine",
        "signals",
        "activation",
        "alerts",
        "upkeep",
        "prometheus",
        "grafana",
    }
    assert services().keys() == expected
    assert services()["engine"]["deploy"]["replicas"] == 2


def test_images_are_pinned() -> None:
    for name, service in services().items():
        if name not in ours():
            assert re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)?$", service["image"]), (
                f"{name}: {service['image']}"
            )
    bases = re.findall(r"^ARG PYTHON=(.*)$", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    assert len(bases) == 1
    assert re.fullmatch(r"3\.12\.\d+-slim-\w+", bases[0])
    assert "ARG NODE=24-" in (ROOT / "deploy/Dockerfile").read_text()


def test_what_runs_for_long_restarts_and_has_a_health_check() -> None:
    for name, service in services().items():
        if name in ONE_SHOT:
            assert service["restart"].startswith("on-failure"), name
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"], name
            assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys(), name


def test_services_wait_for_what_they_need() -> None:
    everything = services()
    for name, service in everything.items():
        for needed, how in service.get("depends_on", {}).items():
            one_shot = needed in ONE_SHOT
            assert how["condition"] == (
                "service_completed_successfully" if one_shot else "service_healthy"
            ), f"{name} needs {needed}"
            assert one_shot or "healthcheck" in everything[needed]
    for name in ours().keys() - ONE_SHOT:
        assert {"postgres", "migrate", "topics"} <= everything[name]["depends_on"].keys(), name


def test_named_volumes_are_declared_and_used() -> None:
    used = {
        volume.split(":")[0]
        for service in services().values()
        for volume in service.get("volumes", ())
        if not volume.startswith(".")
    }
    assert used == set(yaml.safe_load(COMPOSE.read_text())["volumes"])


def test_mounted_files_exist() -> None:
    for service in services().values():
        for volume in service.get("volumes", ()):
            if volume.startswith("."):
                assert (ROOT / volume.split(":")[0]).exists(), volume


def test_ports_are_published_on_loopback_only() -> None:
    for name, service in services().items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name


def test_secrets_have_no_defaults() -> None:
    assert {name for name, (operator, _) in variables().items() if operator == "?"} == SECRETS
    for name, (operator, default) in variables().items():
        if re.search(_SECRET, name):
            assert operator == "?" or default == "", name
    written = yaml.safe_load(COMPOSE.read_text())["services"]
    for name, service in written.items():
        for key, value in service.get("environment", {}).items():
            if re.search(_SECRET, key):
                assert re.fullmatch(r'"?\$\{\w+:[-?][^}]*\}"?', value), f"{name}: {key}"


def test_the_example_names_every_variable_and_gives_no_value() -> None:
    lines = [
        line
        for line in (ROOT / "deploy/env.example").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert {line.partition("=")[0] for line in lines} == variables().keys()
    assert [line for line in lines if line.partition("=")[2]] == []


def test_no_variable_of_the_file_looks_like_a_setting() -> None:
    assert [name for name in variables() if name.startswith(PREFIX)] == []


@pytest.mark.parametrize("name", sorted(ours()))
def test_every_command_exists(name: str) -> None:
    command: Any = typer.main.get_command(app)
    words = list(ours()[name]["command"])
    context: Any = None
    while words:
        command = command.get_command(context, words[0])
        assert command is not None, f"stratum has no {words[0]}"
        words.pop(0)
    assert not hasattr(command, "get_command"), "a group of commands does nothing by itself"


@pytest.mark.parametrize("name", sorted(ours()))
def test_every_variable_is_a_setting(name: str) -> None:
    environment = ours()[name]["environment"]
    assert {key for key in environment if not key.startswith(PREFIX)} <= {"PGPASSWORD"}
    settings = load_settings(environ=environment)
    assert settings.log.kind == "kafka"
    assert settings.postgres.dsn.get_secret_value()
    assert "hunter2" not in settings.postgres.dsn.get_secret_value()


def test_collector_and_workers_use_the_topic_that_is_made() -> None:
    made = {
        argument.removeprefix("--topic=")
        for argument in services()["topics"]["command"]
        if argument.startswith("--topic=")
    }
    for service in ours().values():
        assert set(load_settings(environ=service["environment"]).log.kafka.topics) == made


def test_meta_is_connected_only_with_both_of_its_variables() -> None:
    given = {
        **dict.fromkeys(SECRETS, "hunter2"),
        "META_ACCOUNT_ID": "1000000001",
        "META_ACCESS_TOKEN": "12345",
    }
    connected = yaml.safe_load(interpolated(COMPOSE.read_text(), given))["services"]
    for name in ("activation", "api"):
        assert load_settings(environ=connected[name]["environment"]).platforms["meta"].connected
        assert not load_settings(environ=ours()[name]["environment"]).platforms["meta"].connected


def test_the_image_holds_every_package_and_installs_what_is_locked() -> None:
    find = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"][
        "find"
    ]
    packages = set(find_packages(str(ROOT), include=find["include"]))
    rooms = {package.split(".")[0] for package in packages}
    there = {
        ".".join(file.parent.relative_to(ROOT).parts)
        for name in rooms
        for file in (ROOT / name).rglob("*.py")
    }
    assert packages == there
    let_in = {
        line.strip("!/")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert rooms | {"dashboard", "pyproject.toml", "requirements.lock", "README.md"} == let_in
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    assert "--require-hashes --requirement requirements.lock" in dockerfile
    assert re.search(r"^USER (?!0|root)", dockerfile, re.MULTILINE)


def test_the_lock_names_everything_that_the_project_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert {canonical(re.split(r"[^\w.-]", one)[0]) for one in wanted} <= {
        canonical(one) for one in locked
    }


def test_prometheus_asks_every_service_that_shows_metrics() -> None:
    jobs = {
        job["job_name"]: job
        for job in yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())["scrape_configs"]
    }
    assert jobs.keys() == {"prometheus", *ours()} - ONE_SHOT
    for name in ours().keys() - ONE_SHOT:
        settings = load_settings(environ=ours()[name]["environment"])
        port = settings.server.port if name == "api" else settings.metrics.port
        assert [
            (each["names"], each["type"], each["port"]) for each in jobs[name]["dns_sd_configs"]
        ] == [([name], "A", port)]
        assert (settings.server.host if name == "api" else settings.metrics.host) == "0.0.0.0"


def test_every_metric_asked_for_is_declared() -> None:
    declared = {**series_of(api.edge.metrics), **series_of(dataflows.metrics)}
    for where, expression in expressions():
        for name in re.findall(r"\b(?:stratum|process)_\w+|\bup\b", expression):
            assert name in declared or name in OF_PROMETHEUS, (
                f"{where} asks for {name}, which no code declares"
            )


def test_every_label_asked_for_is_declared() -> None:
    declared = {**series_of(api.edge.metrics), **series_of(dataflows.metrics)}
    for where, expression in expressions():
        names = re.findall(r"\bstratum_\w+", expression)
        known = {"job", "instance"}.union(*(declared[name] for name in names))
        grouped = {
            label
            for labels in re.findall(r"\bby \(([^)]*)\)", expression)
            for label in re.split(r",\s*", labels)
        }
        selected = {
            label
            for labels in re.findall(r"\{([^}]*)\}", expression)
            for label in re.findall(r"(\w+)(?:=~|!=|!~|=)", labels)
        }
        assert grouped | selected <= known, f"{where}: {grouped | selected - known}"


def test_every_metric_of_the_engine_is_looked_at() -> None:
    asked = {
        name for _, expression in expressions() for name in re.findall(r"\bstratum_\w+", expression)
    }
    forgotten = {
        name
        for name in series_of(dataflows.metrics)
        if name not in asked and not name.endswith(("_sum", "_count"))
    }
    assert forgotten == set()


def test_metrics_say_what_to_do_and_name_their_unit() -> None:
    for module in (api.edge.metrics, dataflows.metrics):
        for metric in vars(module).values():
            if isinstance(metric, MetricWrapperBase):
                assert next(iter(metric.describe())).name.startswith("stratum_")
                assert metric._documentation.endswith(".")


def test_the_board_reads_the_provisioned_source() -> None:
    provisioned = yaml.safe_load(
        (ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text()
    )["datasources"]
    assert len(provisioned) == 1
    asked = {
        target["datasource"]["uid"] for panel in board()["panels"] for target in panel["targets"]
    }
    assert asked == {provisioned[0]["uid"]}
    assert provisioned[0]["url"] == "http://prometheus:9090"
    ids = [panel["id"] for panel in board()["panels"]]
    assert len(set(ids)) == len(ids)


def test_the_board_is_where_grafana_looks() -> None:
    provider = yaml.safe_load(
        (ROOT / "deploy/grafana/provisioning/dashboards/stratum.yml").read_text()
    )["providers"]
    inside = provider[0]["options"]["path"]
    grafana = services()["grafana"]
    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in grafana["volumes"]}
    assert (ROOT / mounted[inside] / "stratum.json").exists()
    assert (
        grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        == f"{inside}/stratum.json"
    )


def test_every_panel_says_what_it_shows() -> None:
    assert [panel["title"] for panel in board()["panels"] if not panel["description"]] == []


def test_every_alert_says_how_bad_it_is_and_what_happens() -> None:
    for rule in alert_rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]


def test_the_manual_explains_every_panel_and_every_alert() -> None:
    manual = (ROOT / "docs/operations.md").read_text()
    missing = [
        panel["title"] for panel in board()["panels"] if f"**{panel['title']}**" not in manual
    ]
    missing += [rule["alert"] for rule in alert_rules() if f"**{rule['alert']}**" not in manual]
    assert missing == [], "docs/operations.md does not explain these"
