"""All verbs of the language: one class each, by the key that names them in YAML."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.node import Node
from ivr.verbs.leave import Goto, HangUp, Queue, TransferTo
from ivr.verbs.opening import OpeningHours
from ivr.verbs.talk import Collect, Menu, Say

VERBS: Mapping[str, type[Node]] = {
    node.verb: node for node in (Say, Menu, Collect, OpeningHours, Queue, TransferTo, Goto, HangUp)
}
