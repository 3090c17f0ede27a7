"""Segments found by name and state."""

from tests.api.conftest import Api


def test_segments_are_found_by_a_part_of_their_name_and_by_state(api: Api) -> None:
    rule = {"type": "lifecycle", "stages": ["customer"]}
    for name in ("Big spenders", "100%_off", "spent nothing"):
        api.post("/cdp/segments", {"name": name, "rule": rule}, 201)

    def names(**asked: str) -> list[str]:
        return [segment["name"] for segment in api.everything("/cdp/segments", limit=1, **asked)]

    assert names(search="SPEN") == ["Big spenders", "spent nothing"]
    assert names(search="%") == ["100%_off"]
    assert names(status="live") == ["consented_customers"]
    assert names(status="draft", search="o") == ["100%_off", "spent nothing"]
    assert names(status="paused") == []
    api.get("/cdp/segments", status="deleted", expect=422)
