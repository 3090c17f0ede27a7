"""Callbacks: a controller hears of every change of the status, signed, sooner or later."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from typing import Any

import psycopg
import pytest

from config.opendsr import read_files
from config.settings import Settings
from dataflows.callbacks import CallbackSender, sending_callbacks
from sinks.http.client import HttpParams, HttpRunner
from sinks.http.messages import Request, Response
from sinks.opendsr.callbacks import Resolve, resolve
from tests.api.conftest import Api, Tenant
from tests.api.opendsr.conftest import IDS, Controller, request
from tests.api.privacy.conftest import Hand, mary
from tests.support.archives import write_archives
from tests.support.certificates import DOMAIN, Pair, verify
from tests.support.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as found:
        yield found


class Clock:
    """An instant that goes on as it is told."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC) + timedelta(minutes=1)

    def __call__(self) -> datetime:
        return self.at

    def pass_s(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sender(settings: Settings, clock: Clock) -> Iterator[CallbackSender]:
    """What upkeep runs, with a clock of its own; waits are as long as they may be."""
    with sending(settings, clock) as found:
        yield found


@contextmanager
def sending(
    settings: Settings, clock: Clock, resolved: Resolve = resolve
) -> Iterator[CallbackSender]:
    signer, params = read_files(settings.opendsr), settings.opendsr.callbacks
    assert signer is not None
    dsn = settings.postgres.dsn.get_secret_value()
    with (
        psycopg.connect(dsn, autocommit=True) as conn,
        HttpRunner(HttpParams(timeout=timedelta(seconds=1))) as http,
    ):
        yield CallbackSender(conn, signer, params, http, resolved, clock, lambda: 0.999)


def told(receiver: Receiver) -> list[str]:
    """Statuses in the order in which they came."""
    return [json.loads(body)["request_status"] for _, _, body in receiver.came]


def seen(api: Api) -> list[dict[str, Any]]:
    """Callbacks as the register shows them."""
    number = api.get("/cdp/privacy/requests")["items"][0]["id"]
    found: list[dict[str, Any]] = api.get(f"/cdp/privacy/requests/{number}")["opendsr"]["callbacks"]
    return found


def ended(api: Api) -> list[dict[str, Any]]:
    """Audit entries of callbacks, the oldest first."""
    entries = [one for one in api.get("/cdp/audit")["items"] if one["action"] == "opendsr.callback"]
    return [one["detail"] for one in reversed(entries)]


def test_every_change_is_told_signed_and_once(
    tenant: Tenant,
    api: Api,
    controller: Controller,
    sender: CallbackSender,
    receiver: Receiver,
    settings: Settings,
    pair: Pair,
) -> None:
    mary(tenant)
    urls = [f"{receiver.url}/one?a=1", f"{receiver.url}/two"]
    controller.send(request("access", status_callback_urls=[*urls, urls[0]], group_id="g"))

    for _ in range(3):
        sender.run_once()
    write_archives(settings)
    for _ in range(3):
        sender.run_once()

    assert told(receiver) == ["pending", "pending", "completed", "completed"]
    assert [path for path, _, _ in receiver.came] == ["/one?a=1", "/two"] * 2
    for (path, headers, body), url in zip(receiver.came, urls * 2, strict=True):
        assert headers["x-opendsr-processor-domain"] == DOMAIN
        verify(pair.certificate, body, headers["x-opendsr-signature"])
        assert headers["content-type"] == "application/json"
        assert url.endswith(path)
    last = json.loads(receiver.came[-1][2])
    status = controller.status()
    expected = {name: value for name, value in status.items() if name != "results_url"}
    due = datetime.fromisoformat(last.pop("expected_completion_time"))
    assert due == datetime.fromisoformat(expected.pop("expected_completion_time"))
    assert last == expected | {"results_url": None, "status_callback_url": urls[1]}
    assert {one["host"] for one in seen(api)} == {"127.0.0.1"}
    assert all(one["sent_at"] for one in seen(api))
    assert [one["status"] for one in ended(api)] == ["pending"] * 2 + ["completed"] * 2
    assert all(one["host"] == "127.0.0.1" and "one" not in str(one) for one in ended(api))


def test_an_erasure_is_told_from_the_log_to_its_completion(
    tenant: Tenant,
    api: Api,
    controller: Controller,
    sender: CallbackSender,
    receiver: Receiver,
    settings: Settings,
    drain: Callable[[], list[bytes]],
) -> None:
    mary(tenant)
    controller.send(request(status_callback_urls=[receiver.url]))
    sender.run_once()
    tenant.feed(*drain())
    sender.run_once()
    (part,) = api.get("/cdp/privacy/requests")["items"]
    part = api.get(f"/cdp/privacy/requests/{part['id']}")
    Hand(settings.postgres.dsn.get_secret_value(), tenant.id).complete(part)
    sender.run_once()
    sender.run_once()

    assert told(receiver) == ["in_progress", "completed"]
    assert json.loads(receiver.came[-1][2])["results_count"] > 0


def test_a_receiver_that_is_slow_then_fails_then_takes_it_gets_it(
    tenant: Tenant,
    api: Api,
    controller: Controller,
    sender: CallbackSender,
    receiver: Receiver,
    settings: Settings,
    clock: Clock,
) -> None:
    mary(tenant)
    receiver.wait_s, receiver.answers = 1.5, [200, 500, 200]
    controller.send(request("access", status_callback_urls=[receiver.url]))

    assert sender.run_once() == 1, "no answer in time"
    receiver.wait_s = 0.0
    assert sender.run_once() == 0, "it waits"
    assert (seen(api)[0]["attempts"], seen(api)[0]["error"]) == (1, "timeout")
    write_archives(settings)
    clock.pass_s(10)
    assert sender.run_once() == 1, "answered 500"
    assert (seen(api)[0]["attempts"], seen(api)[0]["error"]) == (2, "answered 500")
    clock.pass_s(10)
    assert sender.run_once() == 0, "it waits longer, and the next one waits for it"
    clock.pass_s(10)
    assert sender.run_once() == 1
    assert sender.run_once() == 1

    assert told(receiver) == ["pending", "pending", "pending", "completed"]
    assert [one["attempts"] for one in ended(api)] == [3, 1]
    assert [one["error"] for one in seen(api)] == [None, None]


def test_one_that_never_answers_is_given_up_and_the_next_is_tried(
    tenant: Tenant,
    api: Api,
    controller: Controller,
    settings: Settings,
    receiver: Receiver,
    clock: Clock,
) -> None:
    mary(tenant)
    receiver.answers = [500]
    controller.send(request("access", status_callback_urls=[receiver.url]))
    attempts = settings.opendsr.callbacks.retry.attempts
    with sending(settings, clock) as sender:
        for _ in range(attempts + 3):
            sender.run_once()
            clock.pass_s(3_601)
        assert len(receiver.came) == attempts
        assert ended(api) == [
            {
                "host": "127.0.0.1",
                "status": "pending",
                "outcome": "given_up",
                "attempts": attempts,
                "error": "answered 500",
            }
        ]
        assert seen(api)[0]["given_up_at"] is not None
        write_archives(settings)
        receiver.answers = [200]
        sender.run_once()
    assert told(receiver)[-1] == "completed"


def test_an_error_that_nobody_expected_is_one_receivers_alone(
    tenant: Tenant, controller: Controller, settings: Settings, receiver: Receiver, clock: Clock
) -> None:
    mary(tenant)
    urls = [f"{receiver.url}/odd", f"{receiver.url}/fine"]
    controller.send(request("access", status_callback_urls=urls))
    with sending(settings, clock) as sender:

        def transport(made: Request) -> Response:
            if made.url.endswith("/odd"):
                raise RuntimeError("what a receiver said")
            return take(made)

        take = sender.transport
        assert replace(sender, transport=transport).run_once() == 2
    assert [path for path, _, _ in receiver.came] == ["/fine"]


def test_one_that_does_not_want_it_is_left_alone(
    tenant: Tenant,
    api: Api,
    controller: Controller,
    sender: CallbackSender,
    receiver: Receiver,
    clock: Clock,
) -> None:
    mary(tenant)
    receiver.answers, receiver.location = [302], f"{receiver.url}/elsewhere"
    controller.send(request("access", status_callback_urls=[f"{receiver.url}/x"]))

    sender.run_once()
    clock.pass_s(10_000)
    sender.run_once()

    assert [path for path, _, _ in receiver.came] == ["/x"], "no redirect is followed"
    assert ended(api)[0]["outcome"] == "given_up"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.1.2.3"], ["::1"], ["169.254.169.254"], ["::ffff:127.0.0.1"],
        ["93.184.216.34", "127.0.0.1"], ["2002:7f00:1::1"], ["fd00::1"], ["0.0.0.0"], ["224.0.0.1"],
    ],
)  # fmt: skip
def test_a_name_that_leads_into_a_private_network_is_never_called(
    tenant: Tenant,
    api: Api,
    controller: Controller,
    settings: Settings,
    receiver: Receiver,
    clock: Clock,
    addresses: list[str],
) -> None:
    mary(tenant)
    port = receiver.url.rpartition(":")[2]
    url = f"https://rebound.example:{port}/x"
    controller.send(request("access", status_callback_urls=[url]))

    with sending(settings, clock, lambda *_: addresses) as sender:
        sender.run_once()

    assert receiver.came == []
    assert "private" in seen(api)[0]["error"]
    assert "127" not in str(ended(api))


def test_several_processes_tell_everything_once(
    controller: Controller,
    settings: Settings,
    receiver: Receiver,
    clock: Clock,
) -> None:
    for number in range(12):
        identity = {"identity_type": "user_id", "identity_value": f"u{number}"}
        controller.send(
            request(
                "access",
                number,
                subject_identities=[identity | {"identity_format": "raw"}],
                status_callback_urls=[receiver.url],
            )
        )

    def work(_: int) -> None:
        with sending(settings, clock) as sender:
            while sender.run_once():
                pass

    with ThreadPoolExecutor(4) as working:
        list(working.map(work, range(4)))

    numbers = [json.loads(body)["subject_request_id"] for _, _, body in receiver.came]
    assert sorted(numbers) == IDS[:12]
    assert set(told(receiver)) == {"completed"}


def test_what_a_dead_process_had_in_hand_is_sent_by_another(
    tenant: Tenant,
    controller: Controller,
    settings: Settings,
    receiver: Receiver,
    clock: Clock,
) -> None:
    mary(tenant)
    controller.send(request("access", status_callback_urls=[receiver.url]))

    class DiedError(BaseException):
        pass

    def dies(*_: object) -> list[str]:
        raise DiedError

    with sending(settings, clock, dies) as sender, pytest.raises(DiedError):
        sender.run_once()
    with sending(settings, clock) as sender:
        assert sender.run_once() == 0
        clock.pass_s(settings.opendsr.callbacks.lease.total_seconds())
        assert sender.run_once() == 1
    assert told(receiver) == ["pending"]


def test_a_cancelled_request_is_told(
    tenant: Tenant, controller: Controller, sender: CallbackSender, receiver: Receiver
) -> None:
    mary(tenant)
    controller.send(request("access", status_callback_urls=[receiver.url]))
    controller.cancel()

    sender.run_once()
    sender.run_once()

    assert told(receiver) == ["cancelled"]
    assert json.loads(receiver.came[0][2])["expected_completion_time"] is None


def test_upkeep_sends_them(
    api: Api, controller: Controller, settings: Settings, receiver: Receiver
) -> None:
    controller.send(request("access", status_callback_urls=[receiver.url]))
    stop, waited = Flag(), Flag()

    with sending_callbacks(settings, stop) as check:
        for _ in range(300):
            check()
            if receiver.came and ended(api):
                break
            waited.wait(0.1)

    assert told(receiver) == ["completed"]


def test_without_a_key_upkeep_sends_none(settings: Settings) -> None:
    plain = settings.model_copy(update={"opendsr": replace(Settings().opendsr)})
    with sending_callbacks(plain, Flag()) as check:
        check()
