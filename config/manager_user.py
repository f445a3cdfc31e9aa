"""What Cordboard's manager user needs at Asterisk, and what it has beyond that or lacks. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cti.ami.client import EVENTS

READ = EVENTS
WRITE = "agi,call,originate,reporting"

NEEDED_ACTIONS = (
    "AGI", "CoreShowChannels", "Getvar", "Hangup", "Originate", "Ping", "PlayDTMF", "Redirect", "Setvar",
    "ShowDialPlan",
)  # fmt: skip
"""What the manager user must be allowed; docs/how-to says which class brings which."""

ENCRYPT = "use TLS: asterisk.tls in site.yaml, and docs/how-to/asterisk.md; or run Cordboard on Asterisk's machine"

_CLASSES = re.compile(r"\(Priv: ([^()]*)\)$")
_OF_ALL = {"all", "<none>"}


@dataclass(frozen=True, slots=True)
class Beyond:
    """Actions that are allowed and that none of our classes allows, and the classes that do."""

    actions: Sequence[str]
    classes: Sequence[str]

    def __str__(self) -> str:
        some = ", ".join(self.actions[:3])
        more = f" and {len(self.actions) - 3} more" if len(self.actions) > 3 else ""
        return f"{some}{more} ({', '.join(self.classes)})"


def lacks(commands: Collection[str]) -> Sequence[str]:
    """The needed actions that are not among those that ListCommands says are allowed."""
    return [name for name in NEEDED_ACTIONS if name not in commands]


def beyond(commands: Mapping[str, str]) -> Beyond:
    """What of ListCommands' answer, such as ``Originate Call. (Priv: originate,all)`` by action, is too much."""
    ours = set(WRITE.split(","))
    classes = {
        name: set(found[1].split(",")) - _OF_ALL for name, text in commands.items() if (found := _CLASSES.search(text))
    }
    extra = {name: by for name, by in classes.items() if by and not by & ours}
    return Beyond(sorted(extra), sorted(set().union(*extra.values())))


def not_read(read: str) -> Sequence[str]:
    """The classes of events that manager.conf's ``read`` lacks."""
    has = _classes(read)
    return [] if "all" in has else sorted(_classes(READ) - has)


def read_too(read: str) -> Sequence[str]:
    """The classes of events that manager.conf's ``read`` has beyond those that are needed."""
    return sorted(_classes(read) - _classes(READ))


def filtered_out(filters: Iterable[str], events: Iterable[str]) -> Sequence[str]:
    """Those of ``events`` that ``eventfilter`` lines keep back. A line with a ``!`` before it keeps
    back what it fits; of the others, where there are any, one must fit. Raises re.error."""
    wanted = [re.compile(line) for line in filters if not line.startswith("!")]
    unwanted = [re.compile(line[1:]) for line in filters if line.startswith("!")]

    def comes(name: str) -> bool:
        text = f"Event: {name}\r\n"
        return (not wanted or any(f.search(text) for f in wanted)) and not any(f.search(text) for f in unwanted)

    return [name for name in events if not comes(name)]


def _classes(text: str) -> set[str]:
    return {one.strip() for one in text.split(",")} - {""}
