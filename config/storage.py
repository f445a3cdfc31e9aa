"""The store in which a site keeps the sound of its recordings."""

from __future__ import annotations

import asyncio
import time

from config.premises import CannotStart, read_secret
from config.settings import Site
from recordings.files import Files
from recordings.pipeline.worker import Keep
from recordings.storage.bucket import S3, Bucket
from recordings.storage.catalogue import HERE, Catalogue
from recordings.storage.faults import StorageFault
from recordings.storage.keys import Ring
from recordings.storage.storage import S3_PLACE, SEALED_HERE, Storage
from recordings.store import Store


def ring(site: Site) -> Ring:
    """The site's master keys."""
    return Ring(site.state / "storage-keys")


def storage(site: Site, records: Store) -> Storage:
    """The store, as site.yaml has it; the folders and the first key are made where they are missing. Raises
    CannotStart."""
    settings, keys = site.settings.storage, ring(site)
    try:
        places = {HERE: Bucket.folder(site.recordings), SEALED_HERE: Bucket.folder(site.sealed)}
        if settings.s3 is not None:
            places[S3_PLACE] = Bucket.s3(_s3(site))
        if settings.sealed:
            keys.make()
            keys.keys()
    except (StorageFault, OSError) as error:
        raise CannotStart(f"recordings cannot be kept: {error}") from None
    to = S3_PLACE if settings.s3 is not None else SEALED_HERE if settings.sealed else HERE
    return Storage(Catalogue(records), Files(site.recordings), places, to, keys, sealing=settings.sealed)


def keeper(kept: Storage) -> Keep:
    """What gives the store what the pipeline has finished. What it has already it is not given again."""

    async def keep(stem: str, file: str) -> None:
        path = kept.files.path(file)
        if await asyncio.to_thread(path.exists):
            await kept.put(stem, path, time.time())
        else:
            await kept.open(stem, file)

    return keep


def _s3(site: Site) -> S3:
    s3, file = site.settings.storage.s3, site.state / "s3-key"
    assert s3 is not None
    words = read_secret(file, "the access key of the S3 server, and its secret,").split()
    if len(words) != 2:
        raise CannotStart(f"{file} must hold two words: the access key of the S3 server, and its secret")
    return S3(s3.bucket, s3.endpoint, s3.region, s3.prefix, *words)
