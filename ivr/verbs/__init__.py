"""All verbs of the language: one class each, by the key that names them in YAML."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.node import Node
from ivr.verbs.agent import Agent
from ivr.verbs.callback import Callback
from ivr.verbs.consent import Consent
from ivr.verbs.customer import Customer
from ivr.verbs.data import Branch, Lookup, Set, Split, Subflow
from ivr.verbs.identity import Verify
from ivr.verbs.language import Language
from ivr.verbs.leave import Back, Goto, HangUp, TransferTo
from ivr.verbs.opening import OpeningHours
from ivr.verbs.queue import Queue
from ivr.verbs.survey import Survey
from ivr.verbs.talk import Collect, Menu, Say
from ivr.verbs.tape import RecordCaller, Voicemail

VERBS: Mapping[str, type[Node]] = {
    node.verb: node
    for node in (
        Say,
        Menu,
        Collect,
        Language,
        Verify,
        Branch,
        Set,
        Split,
        Subflow,
        Lookup,
        Customer,
        OpeningHours,
        Queue,
        TransferTo,
        Callback,
        Voicemail,
        RecordCaller,
        Survey,
        Consent,
        Agent,
        Back,
        Goto,
        HangUp,
    )
}
