"""Messages of queues.yaml, said to callers whom a queue cannot take: each is made into a flow of one
message, so that it is checked, spoken and loaded as all flows are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cti.site.files import Document, Key, Problem
from ivr.tree import Flow, Flows
from routing.queues_file import QueuesFile

_SAID: Key = ("nodes", "message", "say")
"""Where the message stands in its flow."""


@dataclass(frozen=True, slots=True)
class _Made(Document):
    """A flow made of a part of another document: its problems are told of that part, which stands
    at ``at`` in ``source``."""

    source: Document
    at: Key

    def line(self, key: Key) -> int:
        return self.source.line(self._there(key))

    def problem(self, key: Key, message: str, hint: str = "") -> Problem:
        return self.source.problem(self._there(key), message, hint)

    def _there(self, key: Key) -> Key:
        return (*self.at, *key[len(_SAID) :]) if key[: len(_SAID)] == _SAID else self.at


def flows_of(document: Document, queues: QueuesFile, flows: Flows) -> Mapping[str, Document]:
    """The flows of all messages by name, yet to be checked. They speak what the site's ``flows`` do,
    each language in the voice it has there first."""
    languages: dict[str, str] = {}
    for flow in flows.values():
        languages = {**flow.languages, **languages}
    return dict(_made(document, queues, languages))


def is_message(flow: Flow) -> bool:
    """Whether the flow was made of a message: no file of a flow has a dot in its name."""
    return "." in flow.name


def _made(document: Document, queues: QueuesFile, languages: Mapping[str, str]) -> Iterator[tuple[str, Document]]:
    for name, (queue, rule) in queues.messages().items():
        message = queues.queues[queue].overflow[rule].to.message
        nodes = {"message": {"say": message, "next": "end"}, "end": {"hangup": True}}
        data = {"start": "message", "languages": languages, "nodes": nodes}
        yield name, _Made(document.file, data, document, ("queues", queue, "overflow", rule, "to", "message"))
