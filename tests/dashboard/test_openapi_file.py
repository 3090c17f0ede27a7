"""The dashboard is built from the API that it asks."""

from tests.dashboard.openapi_file import PATH, text


def test_the_committed_document_is_the_applications() -> None:
    committed = PATH.read_text(encoding="utf-8") if PATH.exists() else ""

    assert (committed == text()) is True, "dashboard/openapi.json is out of date: run make api"
