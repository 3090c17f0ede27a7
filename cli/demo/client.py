"""HTTP client of the demo: figures for the picture, and one audience."""

from typing import Any

import httpx

from domain.values import Json


class DemoClient:
    """A dashboard's view of one workspace.

    Args:
        api: address of the query API.
        api_key: of the workspace.
        sandbox: address of the local Meta.
    """

    def __init__(self, api: str, api_key: str, sandbox: str) -> None:
        self._api = httpx.Client(
            base_url=api,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=10,
            trust_env=False,
        )
        self._sandbox = httpx.Client(base_url=sandbox, timeout=10, trust_env=False)

    def _get(self, path: str, **query: Json) -> Json:
        answer = self._api.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def statistics(self) -> dict[str, Any]:
        """Totals of the workspace."""
        return dict(self._get("/cdp/statistics"))

    def lag(self) -> tuple[int, float]:
        """Records that wait, and how many seconds the oldest has waited."""
        lag = self._get("/cdp/lag")
        return int(lag["records_behind"]), float(lag["seconds_behind"])

    def signals(self) -> list[dict[str, Any]]:
        """Signals with their latest readings."""
        found = self._get("/cdp/signals")
        return list(found["items"] if isinstance(found, dict) else found)

    def decisions(self, most: int = 5) -> list[dict[str, Any]]:
        """The gate's newest decisions."""
        return list(self._get("/cdp/decisions", limit=most)["items"])

    def pushes(self, audience: int) -> list[dict[str, Any]]:
        """Pushes of an audience, newest first."""
        return list(self._get(f"/cdp/audience-sync/audiences/{audience}/history")["items"])

    def create_audience(self, name: str) -> int:
        """Link the built-in segment to a new audience at Meta, and confirm its first push."""
        segments = self._get("/cdp/segments")
        segment = next(
            item["id"] for item in (segments["items"] if isinstance(segments, dict) else segments)
        )
        body = {"segment_id": segment, "platform": "meta", "name": name, "interval_s": 3600}
        answer = self._api.post("/cdp/audience-sync/audiences", json=body)
        answer.raise_for_status()
        audience = int(answer.json()["id"])
        self._api.post(f"/cdp/audience-sync/audiences/{audience}/confirm").raise_for_status()
        return audience

    def sync(self, audience: int) -> None:
        """Ask for a push now."""
        self._api.post(f"/cdp/audience-sync/audiences/{audience}/sync").raise_for_status()

    def members(self) -> set[str]:
        """Profile ids in the built-in segment; all of its pages."""
        members: set[str] = set()
        query: dict[str, Any] = {"limit": 200}
        segments = self._get("/cdp/segments")
        segment = next(
            item["id"] for item in (segments["items"] if isinstance(segments, dict) else segments)
        )
        while True:
            page = self._get(f"/cdp/segments/{segment}/members", **query)
            members |= {item["profile_id"] for item in page["items"]}
            if page["next"] is None:
                return members
            query["cursor"] = page["next"]

    def at_meta(self, audience: int) -> list[list[str]]:
        """Rows that the local Meta holds for an audience.

        Each is [external id, e-mail hash, phone hash, device id].
        """
        found = self._get("/cdp/audience-sync/audiences")
        row = next(item for item in found["items"] if item["id"] == audience)
        if row["platform_id"] is None:
            return []
        answer = self._sandbox.get(f"/_sandbox/audiences/{row['platform_id']}")
        answer.raise_for_status()
        return list(answer.json()["rows"])

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        self._sandbox.close()
