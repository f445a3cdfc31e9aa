"""Finds the programs that the demo, the real tests and bench need; no root wanted.

The system's own program is taken where it is good enough. Else the distribution's packages are
unpacked, once, into a folder that git ignores, and run from there through their own loader and
libraries: the rest of the system is not touched.

CORDBOARD_ASTERISK names another Asterisk: a path, or a version such as 16, which is fetched from the
release of Debian that has it.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / ".cordboard" / "debian"
OVERRIDE = "CORDBOARD_ASTERISK"
RELEASES = {16: "bullseye"}
"""The releases of Debian that have an older Asterisk than its unstable, by the Asterisk's version."""
NOT_TO_BE_HAD = 3
"""What this program ends with then."""
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where daemons are installed; not on an ordinary user's PATH."""

Say = Callable[[str], None]
"""Is told, in a line, what takes its time."""


class Missing(Exception):
    """A program cannot be had. The message says which one, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A program we need. ``least`` is the lowest version that will do, ``major`` the only one if given."""

    name: str
    package: str
    asks_version: str
    least: tuple[int, ...]
    megabytes: int
    """Room that fetching and unpacking takes."""
    major: int | None = None

    @property
    def release(self) -> str:
        """The release of Debian that has it; empty for the usual one."""
        return "" if self.major is None else RELEASES.get(self.major, "")

    @property
    def folder(self) -> str:
        """What the folder is called that it is unpacked into."""
        return f"{self.name}-{self.major}" if self.release else self.name

    @property
    def called(self) -> str:
        return self.name if self.major is None else f"{self.name} {self.major}"


WANTED = {
    wanted.name: wanted
    for wanted in (
        Wanted("asterisk", "asterisk", "-V", (16,), 500),
        Wanted("sipp", "sip-tester", "-v", (3, 5), 150),
        Wanted("espeak-ng", "espeak-ng", "--version", (1, 49), 150),
        Wanted("redis-server", "redis-server", "--version", (7,), 100),
    )
}


@dataclass(frozen=True, slots=True)
class Program:
    """A program that runs here.

    ``argv`` is how to start it (arguments of your own come after it), ``path`` the program's own
    file, ``root`` the folder its files are under: ``/`` for one of the system's.
    """

    name: str
    argv: tuple[str, ...]
    path: Path
    version: str
    root: Path


def programs(names: Iterable[str], say: Say, folder: Path = FOLDER) -> Mapping[str, Program]:
    """The programs of these names, fetched where the system has none. May take half a minute.

    Raises Missing: one cannot be had.
    """
    wanted = [asked_for(WANTED[name]) for name in names]
    found = {want.name: own(want, say) or unpacked(want, folder) for want in wanted}
    absent = [want for want in wanted if found[want.name] is None]
    if absent:
        with _lock(folder, say):
            for release in sorted({want.release for want in absent}):
                of_it = [want for want in absent if want.release == release]
                fetch([want for want in of_it if not unpacked(want, folder)], say, folder)
        found |= {want.name: unpacked(want, folder) for want in absent}
    for want in wanted:
        program = found[want.name]
        if program and not fits(program.version, want):
            raise Missing(f"{want.called} is not to be had: the packages here have {program.version}.")
    return {name: program for name, program in found.items() if program}


def asked_for(want: Wanted) -> Wanted:
    """The program in the version that CORDBOARD_ASTERISK names, if it names one."""
    version = os.environ.get(OVERRIDE, "")
    return replace(want, major=int(version)) if want.name == "asterisk" and version.isdecimal() else want


def own(want: Wanted, say: Say) -> Program | None:
    """The system's program, or the one that CORDBOARD_ASTERISK names. Raises Missing: that one will not do."""
    named = os.environ.get(OVERRIDE, "") if want.name == "asterisk" and want.major is None else ""
    path = named or shutil.which(want.name, path=os.pathsep.join((os.environ.get("PATH", ""), *SBIN)))
    if not path:
        return None
    version = version_of((path,), want)
    if version and enough(version, want.least) and fits(version, want):
        return Program(want.name, (path,), Path(path).resolve(), version, Path("/"))
    if want.major is not None:
        return None
    least = ".".join(map(str, want.least))
    if named:
        what = f"is {want.name} {version}, and {least} or newer is needed" if version else "does not run"
        raise Missing(f"{OVERRIDE} names {named}, which {what}. Set it to another one, or unset it.")
    say(f"The system's {want.name} {version or '(which does not start)'} is not used: {least} or newer is needed.")
    return None


def unpacked(want: Wanted, folder: Path) -> Program | None:
    """The program as unpacked by an earlier ``fetch``, or None."""
    root = folder / want.folder
    path = next((p for p in (root / "usr/sbin" / want.name, root / "usr/bin" / want.name) if p.exists()), None)
    if path is None:
        return None
    argv: tuple[str, ...] = (str(loader(root)), "--library-path", ":".join(map(str, libraries(root))), str(path))
    if want.name == "espeak-ng":
        argv += tuple(f"--path={data.parent}" for data in root.glob("usr/lib/*/espeak-ng-data"))
    version = version_of(argv, want)
    if not version:
        raise Missing(f"The {want.name} unpacked in {root} does not run. Delete that folder and try again.")
    return Program(want.name, argv, path, version, root)


def loader(root: Path) -> Path:
    """The dynamic loader among unpacked packages, of whatever architecture. Raises Missing: there is none."""
    places = ("usr/lib64/ld-*.so*", "usr/lib/ld-*.so*", "lib64/ld-*.so*", "usr/lib/*/ld-*.so*", "lib/*/ld-*.so*")
    for place in places:
        for found in sorted(root.glob(place)):
            if found.resolve().is_relative_to(root.resolve()) and found.is_file():
                return found
    raise Missing(f"There is no dynamic loader in {root}. Delete that folder and try again.")


def libraries(root: Path) -> list[Path]:
    """The folders of unpacked packages that hold shared libraries."""
    places = ("usr/lib/*-linux-*", "lib/*-linux-*", "usr/lib/*-linux-*/pulseaudio", "usr/lib", "lib")
    return [found for place in places for found in sorted(root.glob(place)) if found.is_dir()]


def version_of(argv: Sequence[str], want: Wanted) -> str:
    """What the program says its version is; empty when it does not run."""
    try:
        said = subprocess.run([*argv, want.asks_version], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
    return found[0] if found else ""


def enough(version: str, least: tuple[int, ...]) -> bool:
    return tuple(int(part) for part in version.split(".")) >= least


def fits(version: str, want: Wanted) -> bool:
    return want.major is None or version.split(".", maxsplit=1)[0] == str(want.major)


@dataclass(frozen=True, slots=True)
class Source:
    """Where packages come from: a mirror this machine already uses, and a suite on it."""

    distribution: str
    mirror: str
    suite: str
    components: str
    keyring: str = ""

    def line(self) -> str:
        """The line for apt's sources.list."""
        signed = f"[signed-by={self.keyring}] " if self.keyring else ""
        return f"deb {signed}{self.mirror} {self.suite} {self.components}\n"


def source(
    os_release: Mapping[str, str], targets: str, keyrings: Path = Path("/usr/share/keyrings"), release: str = ""
) -> Source:
    """Chooses where to fetch from: a release of Debian, or what has all we need.

    ``targets`` is the output of ``apt-get indextargets`` with lines ``REPO_URI|RELEASE|ORIGIN``.
    Raises Missing: neither Debian nor Ubuntu, or apt knows no mirror.
    """
    kind = os_release.get("ID", "")
    if kind not in ("debian", "ubuntu"):
        raise Missing(f"Packages can only be fetched on Debian and Ubuntu, and this is {kind or 'unknown'}.")
    if release and kind != "debian":
        raise Missing(f"It is in Debian's {release}, and this is {kind}.")
    codename = os_release.get("VERSION_CODENAME", "")
    rows = [row for line in targets.splitlines() if len(row := line.split("|")) == 3]
    mirrors = [uri for uri, release, _ in rows if release == codename]
    mirrors += [uri for uri, release, origin in rows if origin.lower() == kind and "security" not in release]
    if not mirrors:
        raise Missing("apt names no mirror. Check /etc/apt/sources.list, or run: sudo apt-get update")
    keyring = keyrings / f"{kind}-archive-keyring.gpg"
    signed = str(keyring) if keyring.exists() else ""
    # Debian's stable releases have no Asterisk; unstable has.
    if kind == "debian":
        return Source("Debian", mirrors[0], release or "sid", "main", signed)
    return Source("Ubuntu", mirrors[0], codename, "main universe", signed)


def fetch(wanted: Sequence[Wanted], say: Say, folder: Path) -> None:
    """Fetches and unpacks programs of one release, each with all it needs into a folder of its name.

    The folder gets its name only when it is whole, so that a broken-off fetch is begun anew.
    Raises Missing: no apt, no network, no room.
    """
    if not wanted:
        return
    names = ", ".join(want.called for want in wanted)
    advice = f"Or install it yourself: sudo apt-get install {' '.join(want.package for want in wanted)}"
    if any(want.name == "asterisk" for want in wanted):
        advice += f" (an Asterisk of your own: {OVERRIDE}=/path/to/asterisk)"
    try:
        for tool in ("apt-get", "dpkg-deb"):
            if not shutil.which(tool):
                raise Missing(f"There is no {tool} to fetch it with.")
        needed = sum(want.megabytes for want in wanted)
        free = shutil.disk_usage(folder).free // 1_000_000
        if free < needed:
            raise Missing(f"{folder} has {free} MB left, and {needed} MB are needed.")
        targets = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)|$(RELEASE)|$(ORIGIN)"])
        chosen = source(platform.freedesktop_os_release(), targets, release=wanted[0].release)
        with tempfile.TemporaryDirectory(dir=folder, prefix="apt-") as scratch:
            apt = _apt(Path(scratch), chosen)
            say(f"Fetching {names} from {chosen.distribution} {chosen.suite}, once, without root ...")
            _run([*apt, "update"])
            for want in wanted:
                _unpack(want, apt, Path(scratch) / "archives", folder, say)
    except Missing as why:
        raise Missing(f"{names}: not installed, and could not be fetched. {why} {advice}") from None
    except OSError as why:
        raise Missing(f"{names}: not installed, and could not be unpacked. {why}. {advice}") from None


def _unpack(want: Wanted, apt: Sequence[str], archives: Path, folder: Path, say: Say) -> None:
    # --print-uris names a program's packages; those that an earlier one needed too are in archives.
    listed = _run(
        [*apt, "-y", "--print-uris", "-o", f"Dir::Cache::archives={archives / 'none'}", "install", want.package]
    )
    packages = [line.split()[1] for line in listed.splitlines() if line.startswith("'")]
    _run([*apt, "-y", "--download-only", "install", want.package])
    say(f"Unpacking {want.called}: {len(packages)} packages ...")
    root, whole = folder / f"{want.folder}.part", folder / want.folder
    for old in (root, whole):
        shutil.rmtree(old, ignore_errors=True)
    root.mkdir()
    for package in packages:
        _run(["dpkg-deb", "-x", str(archives / package), str(root)])
    root.rename(whole)


def _apt(scratch: Path, chosen: Source) -> list[str]:
    """apt-get with lists, cache and (empty) status of its own, as any user."""
    for part in ("lists/partial", "archives/partial", "none/partial"):
        (scratch / part).mkdir(parents=True, exist_ok=True)
    (scratch / "status").touch()
    (scratch / "sources.list").write_text(chosen.line())
    options = {
        "Dir::Etc::sourcelist": scratch / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferences": "-",
        "Dir::Etc::preferencesparts": "-",
        "Dir::State::lists": scratch / "lists",
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch,
        "Dir::Cache::archives": scratch / "archives",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "0",
        "APT::Update::Error-Mode": "any",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "20",
    }
    return ["apt-get", "-q", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("E:", "dpkg"))]
        raise Missing(f"{Path(command[0]).name} failed: {' '.join(lines[-2:]) or done.stderr.strip()[-300:]}")
    return done.stdout


@contextmanager
def _lock(folder: Path, say: Say) -> Iterator[None]:
    """Held by one run at a time; the system frees it when the run dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another run that fetches the same ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        # What a run left that was killed.
        for left in folder.glob("apt-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


if __name__ == "__main__":
    try:
        for one in programs(WANTED, print).values():
            print(f"{one.name} {one.version}: {one.path}")
    except Missing as why:
        print(why, file=sys.stderr)
        sys.exit(NOT_TO_BE_HAD)
