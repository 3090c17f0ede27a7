"""The embedded servers themselves: where they may run, what they keep, whom they refuse."""

import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis
from confluent_kafka import Consumer, Producer

from config.embedded import PostgresParams, ValkeyParams
from local.servers import claim, identity
from local.servers.address import free_port, lasting_port, lasting_secret, socket_folder
from local.servers.kafka import EmbeddedKafka, KafkaMissingError, create_topic
from local.servers.postgres import EmbeddedPostgres
from local.servers.process import Child, Command, StartError, run, wait_until
from local.servers.valkey import EmbeddedValkey
from local.stack.running import clear_folder

pytestmark = pytest.mark.servers

_DEADLINE_S = 30.0
_SMALL = PostgresParams(shared_buffers_mb=128, max_wal_mb=128)
_ROOT = Path(__file__).parents[3]


def _one(dsn: str) -> object:
    with psycopg.connect(dsn) as conn:
        row = conn.execute("SELECT 1").fetchone()
        return row[0] if row else None


def test_postgres_answers_on_a_socket_and_with_its_password_on_a_port(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path, _SMALL) as server:
        assert _one(server.dsn("postgres")) == 1
        assert _one(server.tcp_dsn("postgres")) == 1
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgresql://stratum:wrong@127.0.0.1:{server.port}/postgres")


def test_postgres_runs_where_socket_paths_would_be_too_long(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    with EmbeddedPostgres(deep, _SMALL) as server:
        assert _one(server.dsn("postgres")) == 1


def test_postgres_of_another_version_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(StartError, match=r"was written by PostgreSQL 17, this is 18: move it away"):
        EmbeddedPostgres(tmp_path, _SMALL).start()


def test_an_interrupted_first_start_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path, _SMALL) as server:
        assert _one(server.dsn("postgres")) == 1


def test_the_postgres_log_holds_no_values(tmp_path: Path) -> None:
    with (
        EmbeddedPostgres(tmp_path, _SMALL) as server,
        psycopg.connect(server.dsn("postgres"), autocommit=True) as conn,
    ):
        conn.execute("CREATE TABLE people (email text PRIMARY KEY)")
        conn.execute("INSERT INTO people VALUES ('ada@example.com')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute("INSERT INTO people VALUES ('ada@example.com')")
    log = (tmp_path / "logs" / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "ada@" not in log


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_becomes_nobody_where_namespaces_are_forbidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(identity, "namespaces_allowed", lambda: False)
    nobody = pwd.getpwnam("nobody")
    assert (
        identity.identity_for(Path("/usr/bin/true"), Path("/tmp"))
        == f"user:{nobody.pw_uid}:{nobody.pw_gid}"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_postgres_runs_and_restarts_as_nobody_where_namespaces_are_forbidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(identity, "namespaces_allowed", lambda: False)
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        for _ in range(2):
            try:
                server = EmbeddedPostgres(Path(name) / "data", _SMALL)
            except StartError as closed:
                pytest.skip(str(closed))
            with server:
                assert _one(server.dsn("postgres")) == 1
                assert server.child is not None
                assert (
                    Path(f"/proc/{server.child.pid}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
                )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_is_told_which_folder_nobody_cannot_enter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(identity, "namespaces_allowed", lambda: False)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    closed.parent.chmod(0o755)
    with pytest.raises(
        StartError, match=r"the user nobody cannot enter .*: run as an ordinary user"
    ):
        identity.identity_for(Path("/usr/bin/true"), closed / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("kind", ["user", "map"])
def test_a_program_under_another_identity_still_dies_with_its_parent(
    tmp_path: Path, kind: str
) -> None:
    nobody = pwd.getpwnam("nobody")
    seen = tmp_path / "uid"
    program = (
        "import signal; from pathlib import Path; from local.servers.process import Child,"
        " Command\nargv, identity = ('sh', '-c', 'id -u; exec sleep 600'),"
        f" '{kind}:{nobody.pw_uid}:{nobody.pw_gid}'\nprint(Child(Command('sh', argv,"
        f" log=Path({str(seen)!r}), identity=identity)).pid, flush=True)\nsignal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert wait_until(lambda: seen.exists() and bool(seen.read_text()), _DEADLINE_S)
        parent.kill()
    assert seen.read_text().strip() == str(nobody.pw_uid)
    assert wait_until(lambda: not Path(f"/proc/{child}").exists(), _DEADLINE_S)


def test_valkey_keeps_what_it_acknowledged_through_a_kill(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path, ValkeyParams(max_memory_mb=64)).start()
    with redis.Redis.from_url(server.url) as client:
        for number in range(100):
            client.xadd("log", {"n": number})
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    password = (tmp_path / "valkey.password").read_text()
    with server.restart(), redis.Redis(port=server.port, password=password) as client:
        assert client.xlen("log") == 100


def test_valkey_refuses_writes_when_the_log_fills_its_memory_and_evicts_projections_first(
    tmp_path: Path,
) -> None:
    with (
        EmbeddedValkey(tmp_path, ValkeyParams(max_memory_mb=64, fsync="everysec")) as server,
        redis.Redis.from_url(server.url) as client,
    ):
        client.set("projection", "x" * 1_000_000, ex=3600)

        def fill() -> None:
            for _ in range(200):
                client.xadd("log", {"n": "x" * 1_000_000})

        with pytest.raises(redis.exceptions.OutOfMemoryError):
            fill()
        assert client.get("projection") is None
        assert client.xlen("log") > 30


def test_valkey_asks_for_its_password(tmp_path: Path) -> None:
    with (
        EmbeddedValkey(tmp_path) as server,
        redis.Redis(port=server.port) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_secrets_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    secret = lasting_secret(file)
    assert lasting_secret(file) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_port_stays_the_same_until_somebody_takes_it(tmp_path: Path) -> None:
    file = tmp_path / "port"
    port = lasting_port(file)
    assert lasting_port(file) == port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        other = lasting_port(file)
    assert other != port
    assert lasting_port(file) == other


def test_short_socket_folders_stay_where_they_are(tmp_path: Path) -> None:
    assert socket_folder(Path("/tmp") / f"s{os.getpid()}") == Path(f"/tmp/s{os.getpid()}")
    Path(f"/tmp/s{os.getpid()}").rmdir()
    long = socket_folder(tmp_path / ("x" * 120))
    assert len(str(long)) < 60
    assert stat.S_IMODE(long.stat().st_mode) == 0o700
    long.rmdir()


def test_a_folder_in_use_is_not_cleared_and_a_free_one_is(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    held = claim.take(folder / "stack.lock")
    assert held is not None
    claim.sign(held, os.getpid())
    with pytest.raises(StartError, match=f"a stack \\(process {os.getpid()}\\) runs in"):
        clear_folder(folder)
    os.close(held)
    clear_folder(folder)
    assert not folder.exists()
    clear_folder(folder)


def test_a_server_waits_for_the_end_of_an_earlier_one_in_its_folder(tmp_path: Path) -> None:
    first = EmbeddedValkey(tmp_path).start()
    second = EmbeddedValkey(tmp_path)
    second.stop_timeout_s = 0.1
    with pytest.raises(
        StartError, match=r"valkey of an earlier start still runs \(process \d+\) and holds"
    ):
        second.start()
    first.stop()
    second.start().stop()


def test_a_program_that_fails_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    command = Command(
        "initialiser", ("sh", "-c", "echo disk quota exceeded; exit 7"), log=tmp_path / "log"
    )
    with pytest.raises(
        StartError,
        match=r"initialiser failed with exit code 7; .*log ends with:\n  disk quota exceeded",
    ):
        run(command, _DEADLINE_S)


def test_a_program_that_does_not_end_is_ended() -> None:
    with pytest.raises(StartError, match=r"sleeper did not end within 0\.1 s"):
        run(Command("sleeper", ("sleep", "600")), 0.1)


def test_after_a_start_that_cannot_even_be_tried_others_are_possible() -> None:
    with pytest.raises(StartError, match="null byte"):
        Child(Command("odd", ("true\0",)))
    run(Command("true", ("true",)), 30)


def test_a_program_that_is_not_there_ends_at_once(tmp_path: Path) -> None:
    child = Child(Command("nothing", ("/nowhere/nothing",), log=tmp_path / "log"))
    assert child.wait(_DEADLINE_S) not in {0, None}


@pytest.mark.kafka
def test_kafka_keeps_what_it_acknowledged_through_a_kill(
    tmp_path: Path, kafka_bootstrap: str
) -> None:
    assert kafka_bootstrap  # skips where there is no broker to be had
    try:
        server = EmbeddedKafka(tmp_path, _ROOT / ".cache" / "kafka")
    except KafkaMissingError as missing:
        pytest.skip(str(missing))
    server.start()
    create_topic(server.bootstrap_servers, "t", 1)
    producer = Producer({"bootstrap.servers": server.bootstrap_servers, "acks": "all"})
    producer.produce("t", b"event")
    assert producer.flush(_DEADLINE_S) == 0
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    with server.restart():
        consumer = Consumer(
            {
                "bootstrap.servers": server.bootstrap_servers,
                "group.id": "g",
                "auto.offset.reset": "earliest",
            }
        )
        consumer.subscribe(["t"])
        message = consumer.poll(_DEADLINE_S)
        consumer.close()
    assert message is not None
    assert message.value() == b"event"


def test_free_ports_are_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
