"""Parameters of the engine's metrics: their port, and the interval of surveys."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field


@dataclass(frozen=True)
class MetricsParams:
    """Prometheus metrics of the engine's processes.

    The API shows its own under ``/metrics``, whatever is set here.

    Attributes:
        host: address on which an engine process listens for Prometheus.
        port: its port; 0: no metrics. Each process on a machine or in a container needs a port of
            its own.
        survey_interval: how often the signals process reads lag and number of people for all.
        people_exact_limit: people are counted up to here and estimated above it.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    survey_interval: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(seconds=10)
    people_exact_limit: Annotated[int, Field(ge=0)] = 100_000
