"""The "activation" dataflow: what is due passes the trust gate or waits; what passes is planned and sent, one request at a time.

    due ──▶ destination ──▶ gate ──▶ deliver ──▶ report

Withdrawals of consent and deletions take people off a platform; they skip the gate's verdict but not its record. Nothing is kept in the
engine: audiences, gate states and the journal of requests lie in Postgres, so the process may die at any point. Step ids are public.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import partial
from threading import Event as Flag
from typing import Any, Final

import bytewax.operators as op
import psycopg
import structlog
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from config.settings import Settings
from dataflows.runtime import run_until_signal
from sinks.activation import Activation, Permitted
from sinks.ads.meta import Meta
from sinks.ads.platform import Platform
from sinks.delivery import Attempt, Delivery, Destination
from sinks.http import HttpRunner
from sinks.permits import Permits
from sources.audiences import AudienceFeed, AudienceFeedParams, Task
from sources.intake import Intake

logger = structlog.get_logger(__name__)

Permit = Callable[[Task], Permitted | None]
Deliver = Callable[[Permitted], Attempt | None]
