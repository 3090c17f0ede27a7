"""The landing page is two small files without a script; its look is the dashboard's."""

import re
from typing import Final
from urllib.parse import urlsplit

from tests.dashboard.landing import FOLDER, ROOT, Landing

MOST_BYTES: Final = 60_000
"""Of the page, and of what it loads before anybody scrolls."""
PICTURE_BYTES: Final = 35_000
PAGE: Final = Landing()
STYLE: Final = (FOLDER / "landing.css").read_text()


def test_nothing_runs_and_nothing_is_styled_in_place() -> None:
    assert not PAGE.all("script") + PAGE.all("style")
    for tag, attributes in PAGE.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag


def test_it_weighs_little() -> None:
    first = {"index.html", "landing.css", "icon.svg"}
    lazy: set[str] = set()
    for image in PAGE.all("img"):
        name = image["src"].rpartition("/")[2]
        (lazy if image.get("loading") == "lazy" else first).add(name)

    assert sum((FOLDER / name).stat().st_size for name in first) <= MOST_BYTES
    for name in lazy - first:
        assert (FOLDER / name).stat().st_size <= PICTURE_BYTES, name


def test_pictures_have_words_and_a_size() -> None:
    pictures = [image for image in PAGE.all("img") if image["src"].endswith(".webp")]
    assert len(pictures) >= 5
    for image in pictures:
        assert len(image["alt"]) > 20
        assert int(image["width"]) >= 600
        assert int(image["height"]) >= 200


def test_every_link_leads_somewhere() -> None:
    ids = {attributes["id"] for _, attributes in PAGE.tags if "id" in attributes}
    for tag, attributes in PAGE.tags:
        for name in ("href", "src"):
            target = urlsplit(attributes.get(name, ""))
            assert (target.scheme, target.netloc) == ("", ""), f"{tag} leaves this host"
            if target.fragment:
                assert target.fragment in ids
            if target.path.startswith("/landing/"):
                assert (FOLDER / target.path.removeprefix("/landing/")).is_file(), target.path
            elif target.path:
                assert target.path in {"/", "/dashboard", "/docs", "/openapi.json"}


def test_what_is_named_by_another_element_is_there() -> None:
    ids = [attributes["id"] for _, attributes in PAGE.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in PAGE.tags:
        assert set(attributes.get("aria-labelledby", "").split()) <= set(ids)


def test_its_colours_are_the_dashboards() -> None:
    token = re.compile(r"--([\w-]+): (light-dark\([^;]+\));")
    theirs = dict(token.findall((ROOT / "dashboard/src/style/tokens.css").read_text()))
    ours = dict(token.findall(STYLE))

    assert len(ours) >= 10
    assert {name: theirs.get(name) for name in ours} == ours
    assert re.findall(r"#[0-9a-f]{3,8}\b", token.sub("", STYLE)) == []
    assert set(re.findall(r"var\(--([\w-]+)\)", STYLE)) <= set(ours)
