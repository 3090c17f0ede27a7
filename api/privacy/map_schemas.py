"""Schemas of the data map."""

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.web.values import View
from domain.privacy.data_map import Leaving, Personal, Place, Store

_PLACE: JsonDict = {
    "store": "postgres",
    "name": "identifiers",
    "columns": ["kind", "value"],
    "what": "an identifier in clear",
    "why": "people are recognised by it and found by it",
    "personal": "value",
    "kept": "until erased",
    "leaves": "engine",
    "access": "identifiers",
    "withheld": "",
}


class PlaceView(View):
    """One place and one kind of data in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PLACE]})

    store: Store
    name: str = Field(description="Of the table, the index, the key, the topic, the folder.")
    columns: list[str] = Field(description="Of a table; else empty.")
    what: str
    why: str
    personal: Personal = Field(
        description="`value`: in clear; `digest`: whoever has the value can find the person;"
        " `none`: tells of nobody."
    )
    kept: str = Field(description="How long; settings in backticks.")
    leaves: Leaving = Field(
        description="By what an erased person leaves it: the engine's transaction or a step;"
        " `kept`: stays as a digest; `retention`: by age alone."
    )
    access: str = Field(
        description="Section of an access archive that tells a person what of them rests there."
    )
    withheld: str = Field(description="Why no section does; empty where one does.")

    @classmethod
    def from_place(cls, place: Place) -> "PlaceView":
        """From the map."""
        fields = place._asdict()
        return cls.model_validate({"columns": [*fields.pop("parts")], **fields})


class DataMapView(View):
    """The data map."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"places": [_PLACE]}]})

    places: list[PlaceView]
