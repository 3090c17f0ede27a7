"""What is older than it is kept goes, whatever it is; nothing else does."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from domain.privacy.retention import RetentionClass as Class
from store import locks
from store.retention import runs
from store.retention.due import PARTS
from tests.store.retention.conftest import DAY, KEEP, Keeper, ago

SOON = timedelta(minutes=5)
OLD, YOUNG, FUTURE = KEEP + SOON, KEEP - SOON, -400 * DAY


@pytest.mark.parametrize("status", ["open", "retrying", "resolved"])
def test_letters_go_by_age_whatever_became_of_them(keeper: Keeper, status: str) -> None:
    stay = {keeper.letter(YOUNG, status=status), keeper.letter(FUTURE, status=status)}
    stay.add(keeper.letter(OLD, keeper.other, status))
    for _ in range(8):
        keeper.letter(OLD, status=status)
    keeper.keep(Class.DEAD_LETTERS)
    keeper.enforce()
    assert keeper.ids("dead_letters") == stay
    assert keeper.runs() == {"dead_letters": ({"dead_letters": 8}, True)}
    assert keeper.entries() == [
        (keeper.workspace, "retention:dead_letters", {"dead_letters": 8}),
    ]


def test_nothing_goes_where_nobody_said_so(keeper: Keeper) -> None:
    audience = keeper.audience()
    keeper.letter(10 * KEEP)
    keeper.export(10 * KEEP)
    keeper.push(10 * KEEP, audience)
    keeper.request(10 * KEEP)
    keeper.enforce()
    for table in ("dead_letters", "exports", "pushes", "decisions", "privacy_requests"):
        assert len(keeper.ids(table)) == 1, table
    assert keeper.runs() == {}


def test_letters_of_no_workspace_are_kept_as_long_as_any_workspace_keeps_its_own(
    keeper: Keeper,
) -> None:
    older, old = keeper.letter(2 * KEEP + DAY, None), keeper.letter(KEEP + DAY, None)
    keeper.keep(Class.DEAD_LETTERS)
    keeper.enforce()
    assert keeper.ids("dead_letters") == {older, old}, "the other keeps all"
    keeper.keep(Class.DEAD_LETTERS, 2 * KEEP, keeper.other)
    keeper.enforce()
    assert keeper.ids("dead_letters") == {old}


def test_exports_go_with_their_rows_unless_they_are_under_way(keeper: Keeper) -> None:
    ended = ["done", "failed", "cancelled", "deleted", "expired", "revoked"]
    stay = {keeper.export(OLD, status) for status in ("queued", "running")}
    stay |= {keeper.export(YOUNG, status) for status in ended}
    stay.add(keeper.export(OLD, workspace=keeper.other))
    for status in ended:
        keeper.export(OLD, status)
    keeper.keep(Class.EXPORTS)
    keeper.enforce()
    assert keeper.ids("exports") == stay
    assert keeper.runs()["exports"] == ({"exports": 6}, True)


def test_a_deleted_audience_keeps_no_old_push_nor_decision(keeper: Keeper) -> None:
    gone = keeper.audience("deleted")
    for _ in range(7):
        keeper.push(OLD, gone)
    keeper.decision(OLD, gone)
    young = keeper.push(YOUNG, gone)
    foreign = keeper.push(OLD, keeper.audience("deleted", keeper.other), keeper.other)
    keeper.keep(Class.DECISIONS)
    keeper.enforce()
    assert keeper.ids("pushes") == {young, foreign}
    assert len(keeper.ids("decisions")) == 2
    told = {"push_requests": 7, "pushes": 7, "decisions": 8}
    assert keeper.runs()["decisions"] == (told, True)


def test_what_the_gate_looks_back_on_stays_without_what_was_sent(keeper: Keeper) -> None:
    audience, remembered = keeper.audience(), keeper.settings.gate.pushes_remembered
    pushes = [keeper.push(OLD + DAY * (40 - n), audience) for n in range(remembered + 5)]
    keeper.keep(Class.DECISIONS)
    keeper.enforce()
    assert keeper.ids("pushes") == set(pushes[-remembered:])
    assert len(keeper.ids("decisions")) == remembered
    assert keeper.one("SELECT count(*) FROM push_requests") == 0


def test_pushes_in_use_stay_whole(keeper: Keeper) -> None:
    gone = keeper.audience("deleted")
    in_use = {
        keeper.push(OLD, gone, status="running", ended_at=None),
        keeper.push(OLD, gone, status="processing", ended_at=None),
        keeper.push(OLD, gone, request="accepted"),
        keeper.push(OLD, gone, request="undone"),
        keeper.push(OLD, gone),
    }
    keeper.put(
        "gate_releases", workspace_id=keeper.workspace, audience_id=gone, reason="", author="key:1",
        created_at=ago(DAY), expires_at=ago(-DAY), push_id=max(in_use),
    )  # fmt: skip
    keeper.keep(Class.DECISIONS)
    keeper.enforce()
    assert keeper.ids("pushes") == in_use
    assert len(keeper.ids("decisions")) == len(in_use)
    assert keeper.runs()["decisions"] == ({"push_requests": 1}, True)


def test_completed_requests_go_with_all_that_hangs_on_them(keeper: Keeper) -> None:
    archive, open_one = keeper.request(OLD, "access"), keeper.request(None)
    ready = keeper.request(OLD, "access")
    for number, status in ((archive, "expired"), (ready, "ready")):
        keeper.put(
            "access_archives", request=number, workspace_id=keeper.workspace, keys=[],
            status=status, expires_at=ago(-DAY),
        )  # fmt: skip
        keeper.put(
            "access_links", request=number, token_hash=bytes([number % 256]) * 32,
            created_by="key:1", expires_at=ago(DAY),
        )  # fmt: skip
    for _ in range(4):
        keeper.request(OLD)
    stay = {keeper.request(YOUNG), keeper.request(OLD, workspace=keeper.other), open_one, ready}
    keeper.keep(Class.REQUESTS)
    keeper.enforce()
    assert keeper.ids("privacy_requests") == stay
    assert keeper.one("SELECT count(*) FROM access_links") == 1
    assert keeper.runs()["requests"] == ({"requests": 5}, True)


def test_what_other_systems_sent_goes_once_all_that_it_became_goes(keeper: Keeper) -> None:
    old, young, mixed = (
        [keeper.request(OLD), keeper.request(OLD)],
        [keeper.request(YOUNG)],
        [keeper.request(OLD), keeper.request(None)],
    )
    for place, became in enumerate((old, young, mixed), 1):
        keeper.put(
            "opendsr_requests", workspace_id=keeper.workspace, id=UUID(int=place), digest=b"d",
            kind="erasure", regulation="gdpr", requested_by="key:1", submitted_at=ago(OLD),
            received_at=ago(OLD), due_at=ago(OLD), callbacks=["https://example.com"],
        )  # fmt: skip
        keeper.put(
            "opendsr_callbacks", workspace_id=keeper.workspace, request=UUID(int=place),
            url="https://example.com", status="pending",
        )  # fmt: skip
        for number in became:
            keeper.put(
                "opendsr_parts", request=number, workspace_id=keeper.workspace, id=UUID(int=place)
            )
    keeper.keep(Class.REQUESTS)
    keeper.enforce()
    assert keeper.ids("opendsr_requests") == {UUID(int=2), UUID(int=3)}
    assert keeper.one("SELECT count(*) FROM opendsr_callbacks") == 2
    assert keeper.ids("privacy_requests") == {*young, mixed[1]}
    assert keeper.runs()["requests"] == ({"requests": 3, "opendsr_requests": 1}, True)


def test_archives_and_logins_end_when_the_policy_says(keeper: Keeper) -> None:
    number = keeper.request(DAY, "access")
    keeper.put(
        "access_archives", request=number, workspace_id=keeper.workspace, keys=[], status="ready",
        finished_at=ago(DAY), expires_at=ago(-6 * DAY),
    )  # fmt: skip
    keeper.keep(Class.ARCHIVES, 2 * DAY)
    keeper.keep(Class.LOGINS, timedelta(hours=2))
    key = keeper.put(
        "api_keys", workspace_id=keeper.workspace, name="k", key_hash=b"k", scopes=["read"]
    )
    keeper.put("logins", token_hash=b"t" * 32, key_id=key, expires_at=ago(-30 * DAY))
    keeper.enforce()
    for table, made in (("access_archives", "finished_at"), ("logins", "created_at")):
        sql = f"SELECT extract(epoch FROM expires_at - {made})::int FROM {table}"
        assert keeper.one(sql) == (2 * 86_400 if table == "access_archives" else 7_200), table


def test_a_longer_policy_ends_the_run_of_a_shorter_one(keeper: Keeper) -> None:
    for _ in range(9):
        keeper.letter(OLD)
    keeper.keep(Class.DEAD_LETTERS)
    assert keeper.retention.run_once()
    assert len(keeper.ids("dead_letters")) == 6
    keeper.keep(Class.DEAD_LETTERS, 2 * KEEP)
    keeper.enforce()
    assert len(keeper.ids("dead_letters")) == 6
    keeper.conn.execute("DELETE FROM retention_policies")
    keeper.enforce()
    assert len(keeper.ids("dead_letters")) == 6


def test_a_run_begins_once_a_day_and_when_the_policy_changes(keeper: Keeper) -> None:
    keeper.keep(Class.DEAD_LETTERS)
    keeper.enforce()
    keeper.letter(OLD)
    keeper.enforce()
    assert len(keeper.ids("dead_letters")) == 1, "gone through today"
    keeper.conn.execute("UPDATE retention_runs SET started_at = started_at - interval '1 day'")
    keeper.enforce()
    assert keeper.ids("dead_letters") == set()
    keeper.letter(KEEP / 2)
    keeper.keep(Class.DEAD_LETTERS, KEEP / 4)
    keeper.enforce()
    assert keeper.ids("dead_letters") == set()
    removed = [removed for _, _, removed in keeper.entries()]
    assert removed == [{"dead_letters": 1}, {"dead_letters": 1}], "nothing removed, no entry"


def test_two_processes_at_once_remove_each_once(keeper: Keeper) -> None:
    for _ in range(40):
        keeper.letter(OLD)
    keeper.keep(Class.DEAD_LETTERS)
    dsn = keeper.settings.postgres.dsn.get_secret_value()
    runs.begin(keeper.conn, DAY)
    (key,) = runs.open_runs(keeper.conn)
    with psycopg.connect(dsn, autocommit=True) as one, psycopg.connect(dsn, autocommit=True) as two:
        # without the lock of the look, as if a process had lost it and not noticed
        while runs.remove(one, key, 3, 20) or runs.remove(two, key, 3, 20):
            pass
    assert keeper.runs()["dead_letters"] == ({"dead_letters": 40}, True)
    assert len(keeper.entries()) == 1


def test_a_process_leaves_it_to_the_one_that_looks(keeper: Keeper) -> None:
    keeper.letter(OLD)
    keeper.keep(Class.DEAD_LETTERS)
    with locks.held(keeper.conn, locks.RETENTION) as mine:
        assert mine
        assert not keeper.retention.run_once()
    assert len(keeper.ids("dead_letters")) == 1


def test_what_is_counted_before_is_what_goes(keeper: Keeper) -> None:
    living, deleted = keeper.audience(), keeper.audience("deleted")
    for number in range(keeper.settings.gate.pushes_remembered + 7):
        keeper.push(OLD + DAY * (60 - number), living)
    keeper.push(OLD + 61 * DAY, living, status="failed", adds=0)
    for age in (OLD, OLD + DAY, YOUNG):
        keeper.push(age, deleted)
        keeper.push(age, deleted, request="accepted")
        keeper.decision(age, living)
        keeper.letter(age)
        keeper.export(age)
        keeper.request(age)
    expected: dict[str, dict[str, int]] = {}
    for name in (Class.DEAD_LETTERS, Class.EXPORTS, Class.DECISIONS, Class.REQUESTS):
        keeper.keep(name)
        params = {
            "workspace": keeper.workspace,
            "horizon": ago(KEEP),
            "remembered": keeper.settings.gate.pushes_remembered,
        }
        counts = {
            part.name: keeper.conn.execute(f"SELECT count(*) {part.rows}".encode(), params)
            for part in PARTS[name]
        }
        expected[name.value] = {part: row.fetchall()[0][0] for part, row in counts.items()}
    assert expected["decisions"] == {"push_requests": 30, "pushes": 9, "decisions": 11}
    keeper.enforce()
    assert keeper.runs() == {
        name: ({part: count for part, count in counts.items() if count}, True)
        for name, counts in expected.items()
    }
    assert len(keeper.entries()) == len(expected)
    audited = keeper.one("SELECT count(*) FROM audit")
    assert keeper.one("SELECT count(*) FROM audit_chain") == audited, "all are linked"
