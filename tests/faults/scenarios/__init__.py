"""The faults: each is done to a running system full of callers, at a random moment.

The numbers are those of the reference (docs/reference/faults.md): they stay when one is added.
"""

from __future__ import annotations

from tests.faults.scenarios.answers import ANSWERS
from tests.faults.scenarios.burst import BURST
from tests.faults.scenarios.capacity import CAPACITY
from tests.faults.scenarios.clock import CLOCK
from tests.faults.scenarios.disk import DISK
from tests.faults.scenarios.fault import Fault
from tests.faults.scenarios.meddling import MEDDLING
from tests.faults.scenarios.pages import PAGES
from tests.faults.scenarios.payment import PAYMENT
from tests.faults.scenarios.race import RACE
from tests.faults.scenarios.stores import STORES
from tests.faults.scenarios.system import SYSTEM

__all__ = ["FAULTS", "Fault"]

FAULTS = sorted(
    (*SYSTEM, *RACE, *STORES, *ANSWERS, *DISK, *MEDDLING, *PAGES, *PAYMENT, *BURST, *CLOCK, *CAPACITY),
    key=lambda fault: fault.number,
)
