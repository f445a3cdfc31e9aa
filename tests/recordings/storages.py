"""Stores for tests that are about something else."""

from __future__ import annotations

from recordings.files import Files
from recordings.storage.bucket import Bucket
from recordings.storage.catalogue import HERE, Catalogue
from recordings.storage.keys import Ring
from recordings.storage.storage import Storage
from recordings.store import Store


def in_folder(store: Store, files: Files) -> Storage:
    """All in the recordings folder, as a site has it that says nothing of it."""
    return Storage(
        Catalogue(store),
        files,
        {HERE: Bucket.folder(files.folder)},
        HERE,
        Ring(files.folder / "keys", {}),
        sealing=False,
    )
