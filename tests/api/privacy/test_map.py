"""The data map, as privacy officers read it."""

from collections.abc import Callable

from domain.privacy.data_map import PLACES
from tests.api.conftest import Api, Tenant


def test_the_map_is_the_same_for_everybody_and_needs_a_key(
    tenant: Tenant, tenants: Callable[[str], Tenant], asks: Callable[[str], Api]
) -> None:
    found = asks(tenant.read).get("/cdp/privacy/map")

    assert asks(tenants("second").read).get("/cdp/privacy/map") == found
    asks("").get("/cdp/privacy/map", 401)
    assert len(found["places"]) == len(PLACES)
    (value,) = [
        place
        for place in found["places"]
        if place["name"] == "identifiers" and "value" in place["columns"]
    ]
    assert (value["personal"], value["leaves"]) == ("value", "engine")
