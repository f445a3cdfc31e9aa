"""Four accounts of the same calls, and where they differ. Times are Unix seconds.

The phones' is ``crowd.Lived``; Asterisk's, ours and the disk's are below, as plain values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from tests.faults.crowd import End, Lived

CLOSE_S = 1.0
"""How far two accounts of one moment may be apart."""
FOUND_S = 10.0
"""The same, where ours says that it was found out later (T in the invariants)."""
FALLBACK = "help"
"""The phone of the fallback, which takes any number of calls and is no agent's."""
GLANCE_S = 0.5
"""A shorter time in a bridge is no talk: it was joined and taken apart in one go."""


@dataclass(frozen=True, slots=True)
class Together:
    """Two channels in one bridge: a caller's and the phone ``other``."""

    other: str
    start: float
    end: float


@dataclass(slots=True)
class Channel:
    """Asterisk's account of a caller's channel, from its CEL."""

    number: str
    start: float
    end: float | None = None
    bridged: list[Together] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk as our records have it."""

    agent: str
    start: float
    end: float | None
    recording: str | None
    unrecorded_s: float = 0.0
    """Of it, while the recording was paused or had been stopped."""


@dataclass(frozen=True, slots=True)
class Row:
    """Our record of a call."""

    id: str
    number: str
    end: float | None
    by: str | None
    outcome: str
    estimated: bool
    talks: Sequence[Talk] = ()


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording: what our table says of it, and the seconds that there are on disk; None: there is no file."""

    stem: str
    state: str
    on_disk_s: float | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """All four, after the last caller has gone. ``rows`` and ``channels`` are lists: a number may be in them twice,
    which is a fault. ``back_at`` is when Cordboard last came back from being away; 0.0: it never was."""

    phones: Mapping[str, Lived]
    channels: Sequence[Channel]
    rows: Sequence[Row]
    sounds: Sequence[Sound]
    back_at: float = 0.0

    def slack_s(self, row: Row, end: float) -> float:
        """How far our account of this moment may be from Asterisk's: what was found out later, may be as late as
        Cordboard was away."""
        return FOUND_S + max(0.0, self.back_at - end) if row.estimated else CLOSE_S


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a fault may do, since nothing could help it. ``cut``: callers lose their calls (Asterisk died);
    ``sound``: recordings may be other than whole, as long as that is said. ``message``: who is given to the fallback
    may be hung up by it."""

    cut: bool = False
    sound: bool = False
    message: bool = False


def differences(all_four: Accounts, allowed: Allowed) -> list[str]:
    """Each thing that is not as it should be, in words; a caller is named by the number of the crowd."""
    return [
        *_cut(all_four, allowed),
        *_counted(all_four),
        *_ends(all_four, allowed),
        *_talks(all_four, allowed),
        *_two_at_once(all_four),
        *_sounds(all_four, allowed),
    ]


def _cut(accounts: Accounts, allowed: Allowed) -> Iterator[str]:
    """N1: no caller is left alone."""
    if allowed.cut:
        return
    told = {row.number for row in accounts.rows if allowed.message and row.outcome == "fallback"}
    for one in accounts.phones.values():
        if one.end is not End.LEFT and not (one.end is End.DROPPED and one.number in told):
            yield f"N1: {one.number} ({one.kind.name.lower()}) was {one.end or 'never heard of again'}"


def _counted(accounts: Accounts) -> Iterator[str]:
    """N3: one record for each call that any of the others knows, and no more."""
    rows = _by_number(accounts.rows)
    known = {channel.number for channel in accounts.channels}
    for one in accounts.phones.values():
        if one.answered_at is not None and one.number not in known:
            yield f"{one.number} was answered, and Asterisk knows nothing of it"
    for number in sorted(known | rows.keys()):
        if number not in known:
            yield f"N3: {number} has a record, and Asterisk knows nothing of it"
        elif len(found := rows.get(number, ())) != 1:
            yield f"N3: {number} has {len(found)} records"


def _ends(accounts: Accounts, allowed: Allowed) -> Iterator[str]:
    rows = _by_number(accounts.rows)
    for channel in accounts.channels:
        for row in rows.get(channel.number, ()):
            if row.end is None:
                yield f"N3: the record of {row.number} has no end"
            elif channel.end is None:
                if not allowed.cut:
                    yield f"{row.number} is open in Asterisk"
            elif abs(row.end - channel.end) > accounts.slack_s(row, channel.end):
                yield f"N3: {row.number} ended {row.end - channel.end:+.1f} s beside Asterisk's account"
            lived = accounts.phones.get(row.number)
            if lived is not None and lived.end is End.LEFT and not row.estimated and row.by != "caller":
                yield f"N3: {row.number} hung up, and the record says {row.by}"


def _talks(accounts: Accounts, allowed: Allowed) -> Iterator[str]:
    """Who talked with whom, and for how long. An Asterisk that died has not written down all it did."""
    rows = _by_number(accounts.rows)
    for channel in accounts.channels:
        for row in rows.get(channel.number, ()):
            met = {one.other for one in channel.bridged if one.other != FALLBACK}
            seen = {one.other for one in channel.bridged if one.end - one.start > GLANCE_S} & met
            told = {talk.agent for talk in row.talks}
            known = {talk.agent for talk in row.talks if (talk.end or inf) - talk.start > GLANCE_S}
            for agent in sorted(seen - told):
                yield f"N3: {row.number} talked with {agent} in Asterisk's account only"
            for agent in () if allowed.cut else sorted(known - met):
                yield f"N3: {row.number} talked with {agent} in its record only"
            for agent in known & seen:
                ours = sum((talk.end or talk.start) - talk.start for talk in row.talks if talk.agent == agent)
                theirs = sum(one.end - one.start for one in channel.bridged if one.other == agent)
                last = max(one.end for one in channel.bridged if one.other == agent)
                if abs(ours - theirs) > accounts.slack_s(row, last):
                    yield f"N3: {row.number} talked with {agent} for {ours:.1f} s, in Asterisk's account {theirs:.1f} s"


def _two_at_once(accounts: Accounts) -> Iterator[str]:
    """N2: an agent talks with one caller, a caller with one agent."""
    agents: dict[str, list[Together]] = {}
    for channel in accounts.channels:
        for first, then in pairwise(sorted(channel.bridged, key=lambda one: one.start)):
            if then.start < first.end and then.other != first.other:
                yield f"N2: {channel.number} was with {first.other} and {then.other}"
        for one in channel.bridged:
            if one.other != FALLBACK:
                agents.setdefault(one.other, []).append(one)
    for agent, talks in agents.items():
        for first, then in pairwise(sorted(talks, key=lambda one: one.start)):
            if then.start < first.end - CLOSE_S:
                yield f"N2: {agent} was with two callers"


def _sounds(accounts: Accounts, allowed: Allowed) -> Iterator[str]:
    """N4: each recording that was to be is found whole, or said to be otherwise."""
    sounds = {sound.stem: sound for sound in accounts.sounds}
    for row in accounts.rows:
        for talk in row.talks:
            sound = sounds.get(talk.recording or "")
            length = None if talk.end is None else talk.end - talk.start - talk.unrecorded_s
            if talk.recording is None:
                yield f"N4: {row.number}'s talk with {talk.agent} has no recording"
            elif sound is None or sound.state == "expected":
                yield f"N4: nobody knows what became of {talk.recording}"
            elif sound.state == "whole":
                if sound.on_disk_s is None:
                    yield f"N4: {sound.stem} is said to be whole, and is not there"
                elif length is not None and sound.on_disk_s < length - CLOSE_S and not row.estimated:
                    yield f"N4: {sound.stem} is said to be whole: {sound.on_disk_s:.1f} s of {length:.1f} s"
                elif length is not None and talk.unrecorded_s and sound.on_disk_s > length + CLOSE_S:
                    yield f"N4: {sound.stem} was to end after {length:.1f} s: it has {sound.on_disk_s:.1f} s"
            elif not (allowed.sound or row.estimated):
                yield f"N4: {sound.stem} is {sound.state}"


def _by_number(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(row)
    return found
