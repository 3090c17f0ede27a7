"""What the query routes read from: the pool, the hot projection, kept totals and names, and the rules. Built once per process."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Annotated

from fastapi import Depends, Request

from domain.profile import Person, Stage
from domain.rules import IdentityRules, ProfileRules
from operators.lifecycle import stage_at
from sinks.hot import HotParams, HotProfiles, connect_hot
from store.fetch import Pool
from store.profiles import PagingParams, by_key, owner
from store.segments import SegmentNames
from store.statistics import StatisticsParams, Totals


@dataclass(frozen=True)
class QueryParams:
    """Bounds of the query API.

    Attributes:
        hot: the hot projection.
        paging: how far a page may look.
        statistics: how fresh and exact totals are.
        names_age: how long names of segments are kept.
        identifier_preview: identifiers per person in lists.
        node_limit: identifiers in a graph.
        link_limit: links in a graph.
        health_timeout: longest wait for one server's sign of life.
    """

    hot: HotParams = field(default_factory=HotParams)
    paging: PagingParams = field(default_factory=PagingParams)
    statistics: StatisticsParams = field(default_factory=StatisticsParams)
    names_age: timedelta = timedelta(seconds=5)
    identifier_preview: int = 10
    node_limit: int = 500
    link_limit: int = 1_000
    health_timeout: timedelta = timedelta(seconds=2)
