"""``storage`` in site.yaml: where the sound of recordings is kept."""

from __future__ import annotations

from typing import Annotated

from config.files.fields import fits
from cti.site.files import SiteModel

BucketName = Annotated[
    str, fits(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "{} is not the name of a bucket: small letters, digits, '-', '.'")
]
Endpoint = Annotated[
    str, fits(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", "must be an S3 server's address, such as https://s3.example")
]
Prefix = Annotated[
    str,
    fits(r"([A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?", "{} is not a folder such as calls/berlin"),
]
Region = Annotated[str, fits(r"[a-z0-9-]{1,40}", "{} is not a region such as eu-central-1")]


class S3Settings(SiteModel):
    """A bucket at an S3 server. The access key and its secret are two words in the file s3-key of the state
    folder."""

    bucket: BucketName
    endpoint: Endpoint | None = None
    """The server's address; Amazon's own where it is left out."""
    region: Region = "us-east-1"
    prefix: Prefix = ""
    """The folder in the bucket."""


class StorageSettings(SiteModel):
    """Where finished recordings go; they stay in the recordings folder where all of it is left out."""

    s3: S3Settings | None = None
    sealed: bool = False
    """Whether what is kept from now on is encrypted; without ``s3`` it goes to the folder ``folders.sealed``."""
