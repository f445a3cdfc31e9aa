"""A talk begins, is taken apart and joined again, as AMI actions.

Two legs are joined by the thread that each of them has in the dialplan: one stands by in a bridge of its own, and the
other's ``Bridge`` takes it from there. The AMI action of that name takes both out of their dialplan by a masquerade,
of which an Asterisk since 22.5 may leave a dead channel behind: docs/decisions/0062-joined-in-the-dialplan.md.
"""

from __future__ import annotations

from collections.abc import Callable

from cti.actions.sending import Emit, Fields, Sender
from cti.calls import apart, joining, third
from cti.calls.call import Call
from cti.calls.commands import Command, Connect, HandOver, Hold, Joins, Meet, Resume, failed
from cti.calls.legs import AGENT_CONTEXT, ENGINE_CONTEXT, Leg, Role
from cti.calls.tracker import Tracker
from cti.quoting import channel

AFTER_VARIABLE = "CORDBOARD_AFTER"
"""Set on a caller's channel, it lets the dialplan give the caller back after the talk."""
WITH_VARIABLE = "CORDBOARD_WITH"
"""The channel that this one is to take into a bridge."""

STAND_BY, JOIN, MEET = "standby", "join", "meet"
"""Labels of the dialplan: stand by; take a caller's channel; take one that is no caller's."""


def variable(leg: Leg, name: str, value: str) -> Fields:
    """The fields of Setvar."""
    return {"Channel": leg.address, "Variable": name, "Value": value}


def sent(leg: Leg, to: str = "1") -> Fields:
    """The fields of Redirect that send a leg to a label of its own context, or into AsyncAGI there."""
    own = ENGINE_CONTEXT if leg.role is Role.CALLER else AGENT_CONTEXT
    return {"Channel": leg.address, "Context": own, "Exten": "s", "Priority": to}


class Talks:
    """Carries out commands that join two legs or take them apart."""

    def __init__(self, ami: Sender, tracker: Tracker, emit: Emit) -> None:
        self._ami = ami
        self._legs = tracker.legs
        self._emit = emit

    def carry_out(self, command: Joins | Hold, caller: Leg, call: Call | None) -> None:
        """Sends the actions for one command. Raises ValueError where it can't be done as things are."""
        match command:
            case Connect():
                self._connect(command, caller, call)
            case Hold():
                self._hold(command, caller)
            case Resume():
                self._resume(command, caller)
            case Meet():
                self._meet(command, caller)
            case HandOver():
                self._hand_over(command, caller)

    def _connect(self, command: Connect, caller: Leg, call: Call | None) -> None:
        agent = self._legs.get(command.offer)
        if agent is None or not agent.channel:
            raise ValueError("the agent's leg is gone")
        if caller.stands_by and call is not None and call.after:
            self._set(caller, AFTER_VARIABLE, "1")
        self._join(command, caller, agent)

    def _hold(self, command: Hold, caller: Leg) -> None:
        if caller.apart == command.offer:
            return  # asked for already
        agent = self._legs.get(command.offer)
        if agent is None or not agent.bridge or agent.bridge != caller.bridge:
            raise ValueError("caller and agent do not talk")
        apart.begin(caller, command.offer)

        def refused(why: str) -> None:
            if not caller.apart_told:
                apart.over(caller)
            self._failed(command, why)

        # Both in one action: with one leg taken out, Asterisk would end the other's bridge and its leg.
        fields = {
            "Channel": caller.channel,
            "Context": ENGINE_CONTEXT,
            "Exten": "s",
            "Priority": "1",
            "ExtraChannel": agent.channel,
            "ExtraContext": AGENT_CONTEXT,
            "ExtraExten": "s",
            "ExtraPriority": "talk",
        }
        self._ami.post("Redirect", fields, on_refused=refused)

    def _resume(self, command: Resume, caller: Leg) -> None:
        agent = self._legs.get(command.offer)
        if agent is None or caller.apart != command.offer or not caller.apart_told:
            raise ValueError("the caller is not on hold")
        self._join(command, caller, agent)

    def _meet(self, command: Meet, caller: Leg) -> None:
        agent, asked = self._on_hold(command, caller)
        self._join(command, asked, agent, MEET)

    def _hand_over(self, command: HandOver, caller: Leg) -> None:
        agent, asked = self._on_hold(command, caller)
        if caller.stands_by and asked.number:
            self._set(caller, AFTER_VARIABLE, "")
        self._join(command, caller, asked, then=lambda: self._let_go(agent))

    def _on_hold(self, command: Meet | HandOver, caller: Leg) -> tuple[Leg, Leg]:
        """The agent and the third party, while the caller is on hold."""
        asked = self._legs.get(command.offer)
        if asked is None or not third.there(self._legs, command.offer):
            raise ValueError("the third party is gone")
        agent = self._legs.get(caller.apart) if caller.apart is not None and caller.apart_told else None
        if agent is None:
            raise ValueError("the caller is not on hold")
        return agent, asked

    def _join(
        self, command: Joins, leg: Leg, by: Leg, label: str = JOIN, then: Callable[[], None] | None = None
    ) -> None:
        """Sends ``leg`` to where it stands by; when it does, the command is carried out again, and ``by`` takes it."""

        def refused(why: str) -> None:
            joining.over(leg)
            self._failed(command, why)

        def not_taken(why: str) -> None:
            self._ami.post("Redirect", sent(leg), on_refused=refused)

        if leg.stands_by:
            self._set(by, WITH_VARIABLE, channel(leg.channel))
            self._ami.post("Redirect", sent(by, label), on_done=then, on_refused=not_taken)
        else:
            joining.begin(leg, command)
            self._ami.post("Redirect", sent(leg, STAND_BY), on_refused=refused)

    def _let_go(self, agent: Leg) -> None:
        self._ami.post("Hangup", {"Channel": agent.uniqueid}, on_refused=lambda why: None)

    def _set(self, leg: Leg, name: str, value: str) -> None:
        self._ami.post("Setvar", variable(leg, name, value), on_refused=lambda why: None)

    def _failed(self, command: Command, why: str) -> None:
        self._emit(lambda now: failed(command, why, now))
