"""What people's profiles speak of, by name: traits, and purposes of consent."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query

from api.catalogue.schemas import CataloguePurpose, CatalogueTrait, PurposeSegment
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.paging import LIMIT_MAX, Page
from api.web.purposes import KnownPurposes, known_purposes
from api.web.values import Count
from domain.profiles.profile import decode_person
from operators.profiles.names import Answers, Names, count_names
from store.counting import estimate
from store.fetch import Pool
from store.profiles.catalogue import sampled_people

SAMPLE: Final = 1_000
"""People who are looked at."""
_EVERYBODY: Final = "FROM profiles WHERE workspace_id = %(workspace)s"

router = APIRouter(prefix="/cdp/catalogue", tags=["catalogue"])


@router.get("/traits", summary="List trait names")
async def list_trait_names(
    caller: Reader,
    pool: PoolDep,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Names at most.")] = 50,
) -> Page[CatalogueTrait]:
    """Traits that people have, the most frequent first; never a value.

    Of more than 1,000 people 1,000 are looked at, others each time: numbers are estimates, and a
    trait that none of them has is not listed.
    """
    names, scaled = await _names(pool, caller.workspace)
    found = {name: sum(types.values()) for name, types in names.traits.items()}
    items = [
        CatalogueTrait(
            name=name,
            types={kind: n / found[name] for kind, n in sorted(names.traits[name].items())},
            people=scaled(found[name]),
        )
        for name in sorted(found, key=lambda one: (-found[one], one))[:limit]
    ]
    return Page(items=items, next=None)


@router.get("/purposes", summary="List purposes of consent")
async def list_purposes(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Purposes at most.")] = 50,
) -> Page[CataloguePurpose]:
    """Purposes that are known, or that people stated something about; most often granted first.

    Known are those of the setting `consent.purposes`, and those that platforms, segments or exports
    need; they come first.

    Of more than 1,000 people 1,000 are looked at, others each time: numbers are estimates.
    """
    names, scaled = await _names(pool, caller.workspace)
    known = await known_purposes(pool, settings, caller.workspace)
    said = {name: Answers(0, names.refuse_every) for name in known.names} | dict(names.purposes)
    ranked = sorted(
        said.items(), key=lambda item: (item[0] not in known.names, -item[1].granted, item[0])
    )
    items = [
        CataloguePurpose(
            purpose=purpose,
            granted=scaled(one.granted),
            refused=scaled(one.refused),
            unstated=scaled(names.people - one.granted - one.refused),
            **_needed(known, purpose),
        )
        for purpose, one in ranked[:limit]
    ]
    return Page(items=items, next=None)


def _needed(known: KnownPurposes, purpose: str) -> dict[str, Any]:
    """What a purpose is called, and who needs it."""
    configured, needs = known.configured.get(purpose), known.needs.get(purpose, [])
    return {
        "title": configured.title if configured else None,
        "words": configured.words if configured else "",
        "platforms": known.platforms.get(purpose, []),
        "segments": [
            PurposeSegment(id=one.id, name=one.name) for one in needs if one.kind == "segment"
        ],
        "exports": [one.id for one in needs if one.kind == "export"],
    }


async def _names(pool: Pool, workspace: int) -> tuple[Names, Callable[[int], Count]]:
    """What some people's profiles speak of, and how a number of them is said of everybody."""
    begin = UUID(bytes=secrets.token_bytes(16))
    docs = await sampled_people(pool, workspace, begin, SAMPLE)
    names = await asyncio.to_thread(lambda: count_names(decode_person(doc).view for doc in docs))
    if len(docs) < SAMPLE:
        return names, lambda people: Count(value=people, exact=True)
    everybody = await estimate(pool, _EVERYBODY, {"workspace": workspace})
    scale = max(1.0, everybody / SAMPLE)
    return names, lambda people: Count(value=round(people * scale), exact=False)
