"""Accepted → visible at 1,000 events/s: from the collector's 200 to the query API.

The reference is the same look-up of a person who is already there: what the question alone costs.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from benchmarks.support.figures import Report, percentile
from benchmarks.support.stack import wait_for
from benchmarks.support.traffic import flowing
from config.load import load_settings
from local.stack.stack import Stack

PROBES = 300
WARM_UP_S = 5.0


def run(report: Report) -> None:
    """Measure p50 and p99 over probes that are spread over the traffic."""
    with TemporaryDirectory(prefix="stratum-bench-") as folder:
        settings = load_settings(
            environ={"STRATUM_DATA_DIR": str(Path(folder) / "data"), "STRATUM_SERVER__PORT": "0"}
        )
        with Stack(settings) as stack:
            stack.wait_until_running(90)
            if stack.addresses is None or stack.first_keys is None:
                raise RuntimeError("the stack has no addresses")
            with flowing(stack.addresses.api, stack.first_keys.write_key) as traffic:
                time.sleep(WARM_UP_S)
                began, before = time.perf_counter(), traffic.sent
                waits, looks = probe(
                    stack.addresses.api, stack.first_keys.write_key, stack.first_keys.api_key
                )
                rate = traffic.rate(before, time.perf_counter() - began)
    p50, p99 = percentile(waits, 0.5) * 1000, percentile(waits, 0.99) * 1000
    report.add(
        f"accepted → visible by API at {rate:,.0f} events/s",
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms",
        f"look-up alone p50 {percentile(looks, 0.5) * 1000:.1f} ms, p99"
        f" {percentile(looks, 0.99) * 1000:.1f} ms",
        "p50 ≤ 25 ms, p99 ≤ 100 ms",
        met=p50 <= 25 and p99 <= 100,
    )


def probe(
    address: str, write_key: str, api_key: str, name: str = "probe"
) -> tuple[list[float], list[float]]:
    """Seconds until each probe's person is visible, and seconds of a look-up of somebody known."""
    waits, looks = [], []
    with (
        httpx.Client(base_url=address, auth=(write_key, ""), trust_env=False) as send,
        httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {api_key}"}, trust_env=False
        ) as ask,
    ):
        for number in range(PROBES):
            user = f"{name}-{number}"
            body = {
                "userId": user,
                "event": "Probe",
                "messageId": user,
                "timestamp": datetime.now(UTC).isoformat(),
            }
            send.post("/v1/track", json=body).raise_for_status()
            started = time.perf_counter()
            query = {"kind": "user_id", "value": user}
            wait_for(
                lambda query=query: (  # type: ignore[misc]
                    ask.get("/cdp/profiles/lookup", params=query).status_code == 200
                ),
                20,
                "visible",
            )
            waits.append(time.perf_counter() - started)
            started = time.perf_counter()
            ask.get("/cdp/profiles/lookup", params=query)
            looks.append(time.perf_counter() - started)
    return waits, looks
