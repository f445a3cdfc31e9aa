"""The recordings folder: where the files of a talk are, and nothing outside of it."""

from __future__ import annotations

import os
import re
from itertools import accumulate
from pathlib import Path

_STEM = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_SUFFIX = re.compile(r"-caller\.wav|-agent\.wav|(\.[a-z0-9]+)+")
_LONGEST = 200


class NotARecording(ValueError):
    """A name that can be no recording's: malformed, or leading out of the folder."""


def checked(name: str) -> str:
    """The name, which leads nowhere else. Raises NotARecording."""
    if len(name) > _LONGEST or not _STEM.fullmatch(name):
        raise NotARecording("not the name of a recording: letters, digits, - _ . and / between folders only")
    return name


class Files:
    """The files under ``folder``, by the stem of their recording (see ``Offered``)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def caller(self, stem: str) -> Path:
        """What the caller said, written by Asterisk. Raises NotARecording, as the others do."""
        return self._path(stem, "-caller.wav")

    def agent(self, stem: str) -> Path:
        """What the agent said, written by Asterisk."""
        return self._path(stem, "-agent.wav")

    def stereo(self, stem: str) -> Path:
        """The whole talk: left the caller, right the agent."""
        return self._path(stem, ".wav")

    def tape(self, stem: str) -> Path:
        """What a caller said without an agent, written by Asterisk. It is heard where a talk would be."""
        return self.stereo(stem)

    def finished(self, stem: str, kind: str) -> Path:
        """What the pipeline makes of them: a file of this kind, such as ``mp3``."""
        return self._path(stem, f".{kind}")

    @property
    def folder(self) -> Path:
        return self._folder

    def path(self, name: str) -> Path:
        """The file that the ledger calls so."""
        return self._path(name, "")

    def name(self, path: Path) -> str:
        """What the ledger calls a file: its path in the folder."""
        return path.relative_to(self._folder).as_posix()

    def of(self, stem: str) -> list[Path]:
        """All files of a recording that there are, and no other's."""
        whole = self.path(stem)
        near = whole.parent.glob(f"{whole.name}*") if whole.parent.is_dir() else ()
        return sorted(path for path in near if _SUFFIX.fullmatch(path.name.removeprefix(whole.name)))

    def _path(self, stem: str, suffix: str) -> Path:
        name = f"{checked(stem)}{suffix}"
        path = self._folder / name
        if any(map(os.path.islink, accumulate(name.split("/"), os.path.join, initial=str(self._folder)))):
            path = path.resolve()
            if not path.is_relative_to(self._folder):
                raise NotARecording("the recording's name leads out of the recordings folder")
        return path
