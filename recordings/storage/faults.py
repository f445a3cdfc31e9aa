"""What can be wrong with where recordings are kept. Each message says what, where, and what to do."""

from __future__ import annotations


class StorageFault(Exception):
    """Base of them all."""


class NotThere(StorageFault):
    """What was looked for is not in the store."""


class Away(StorageFault):
    """The store cannot be reached, or has no room: the same may work later."""


class Refused(StorageFault):
    """The store does not let us in, or has no such bucket: somebody must mend it."""


class Tampered(StorageFault):
    """What is stored is not what was written."""


class KeyMissing(StorageFault):
    """A key that is needed is not there, or is no key."""
