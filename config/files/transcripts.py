"""``transcripts`` in site.yaml: which queues' recordings are transcribed, and by what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from config.files.fields import Name, fits
from cti.site.files import Document, Problem, SiteModel
from recordings.transcripts.engine import names

Language = Annotated[str, fits(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", "{} is not a language such as en")]


class TranscriptSettings(SiteModel):
    """Nothing is transcribed where no queue is named."""

    queues: Mapping[Name, Language] = {}
    """The language that is spoken in each."""
    engine: Name = "whisper"
    """Of the extra ``asr``, or of another package."""
    model: Path | None = None
    """The folder of a model for the engine, relative to the site's own; the engine's own where it is left out."""


def mistakes(document: Document, given: TranscriptSettings, queues: Collection[str]) -> Iterator[Problem]:
    """Queues that the site does not have, and an engine that nobody has."""
    for name in given.queues:
        if name not in queues:
            yield document.problem(("transcripts", "queues", name), f"there is no queue called {name!r}")
    if given.queues and given.engine not in (there := names()):
        hint = f"there are: {', '.join(sorted(there))}; more come with packages"
        yield document.problem(("transcripts", "engine"), f"there is no engine called {given.engine!r}", hint)
