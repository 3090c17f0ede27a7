"""Places of a run: no more at once than there are, and none is lost with a test that fails."""

import threading
import time
from pathlib import Path

import pytest

from tests.support.places import place


def _take(folder: Path, taken: threading.Event, done: threading.Event) -> None:
    with place(folder, "thing", most=2):
        taken.set()
        done.wait(30)


def test_no_more_work_at_once_than_there_are_places(tmp_path: Path) -> None:
    done, taken = threading.Event(), threading.Event()
    thread = threading.Thread(target=_take, args=(tmp_path, taken, done))
    with place(tmp_path, "thing", most=2), place(tmp_path, "thing", most=2):
        thread.start()
        assert not taken.wait(0.3)
        with place(tmp_path, "other", most=2):
            pass
    assert taken.wait(30)
    done.set()
    thread.join(30)
    assert not thread.is_alive()


def test_a_failure_gives_its_place_back(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), place(tmp_path, "thing", most=1):
        1 / 0  # noqa: B018 - any failure will do
    with place(tmp_path, "thing", most=1):
        pass


def test_who_waits_comes_before_who_comes_back(tmp_path: Path) -> None:
    order: list[str] = []
    waits = threading.Event()

    def wait() -> None:
        waits.set()
        with place(tmp_path, "thing", most=1):
            order.append("who waited")

    thread = threading.Thread(target=wait)
    with place(tmp_path, "thing", most=1):
        thread.start()
        assert waits.wait(30)
        time.sleep(0.2)  # until it stands in the queue
    with place(tmp_path, "thing", most=1):
        order.append("who came back")
    thread.join(30)
    assert order == ["who waited", "who came back"]
