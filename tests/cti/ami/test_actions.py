from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from cti.ami.client import AmiClient, AmiRefused, AmiTimeout, Message, WireError
from tests.cti.ami.desk import QUICK, running
from tests.cti.ami.peer import Answer, Peer, block, listed


@pytest.mark.parametrize("field", ["Channel", "Variable"])
async def test_crlf_in_a_field_injects_nothing(field: str) -> None:
    async with Peer() as peer, running(peer) as desk:
        evil = {field: "x\r\n\r\nAction: Hangup\r\nChannel: /.*/"}
        with pytest.raises(WireError):
            await desk.client.action("Setvar", evil)
        with pytest.raises(WireError):
            await desk.client.listing("Status", evil)
        with pytest.raises(WireError):
            desk.client.post("Setvar", evil)
        await desk.client.action("Setvar", {"Channel": "x"})
        assert [a["Action"] for a in peer.actions] == ["Login", "Setvar"]


async def test_repeated_headers_and_output_lines() -> None:
    answers: dict[str, Answer] = {
        "Command": [{"Response": "Success", "Message": "Command output follows", "Output": ["one", "", "three"]}],
        "Status": listed("Status", [{"Channel": "C", "Variable": ["A=1", "B=2"]}]),
    }
    async with Peer(answers) as peer, running(peer) as desk:
        output = await desk.client.action("Command", {"Command": "core show version"})
        assert output.all("Output") == ["one", "", "three"]
        (status,) = await desk.client.listing("Status", {"Variables": "A,B"})
        assert status.all("Variable") == ["A=1", "B=2"]


async def test_a_list_with_other_events_and_another_list_in_between() -> None:
    answers: dict[str, Answer] = {"CoreShowChannels": None, "BridgeList": None}
    async with Peer(answers) as peer, running(peer) as desk:
        channels = asyncio.create_task(desk.client.listing("CoreShowChannels"))
        bridges = asyncio.create_task(desk.client.listing("BridgeList"))
        one = (await peer.seen("CoreShowChannels"))["ActionID"]
        two = (await peer.seen("BridgeList"))["ActionID"]
        start = {"Response": "Success", "EventList": "start"}
        peer.send(block({**start, "ActionID": one}) + block({**start, "ActionID": two}))
        for n in range(3):
            peer.emit("CoreShowChannel", ActionID=one, Channel=f"C{n}")
            peer.emit("Newstate", Channel=f"N{n}")
            peer.emit("OriginateComplete", Channel="not the end of either list")
            peer.emit("BridgeListItem", ActionID=two, BridgeUniqueid=f"B{n}")
        peer.emit("BridgeListComplete", ActionID=two, EventList="Complete")
        assert [m["BridgeUniqueid"] for m in await bridges] == ["B0", "B1", "B2"]
        assert not channels.done()
        peer.emit("CoreShowChannelsComplete", ActionID=one, EventList="Complete")
        assert [m["Channel"] for m in await channels] == ["C0", "C1", "C2"]
        assert [m["Channel"] for m in desk.events if m["Event"] == "Newstate"] == ["N0", "N1", "N2"]


async def test_a_list_that_is_empty_refused_or_no_list() -> None:
    answers: dict[str, Answer] = {
        "CoreShowChannels": listed("CoreShowChannel", []),
        "ConfbridgeList": [{"Response": "Error", "Message": "No active conferences."}],
    }
    async with Peer(answers) as peer, running(peer) as desk:
        assert await desk.client.listing("CoreShowChannels") == []
        assert await desk.client.listing("CoreStatus") == []
        with pytest.raises(AmiRefused, match="No active conferences"):
            await desk.client.listing("ConfbridgeList")


@pytest.mark.parametrize("size", [7, 100])
async def test_answers_and_events_in_small_segments(size: int) -> None:
    async with Peer({"CoreShowChannels": listed("CoreShowChannel", [{"Channel": "C"}] * 3)}) as peer:
        peer.chunk = size
        async with running(peer) as desk:
            assert len(await desk.client.listing("CoreShowChannels")) == 3
            await peer.send_slowly(block({"Event": "Newchannel", "Channel": "C"}) * 20, size)
            await desk.until(lambda: len(desk.events) == 20)


async def test_a_segment_that_ends_inside_a_character() -> None:
    async with Peer() as peer, running(peer) as desk:
        await peer.send_slowly(block({"Event": "Newchannel", "CallerIDName": "王小明"}), 1)
        await desk.until(lambda: len(desk.events) == 1)
        assert desk.events[0]["CallerIDName"] == "王小明"


async def test_queue_add_is_answered_by_its_response() -> None:
    answers: dict[str, Answer] = {"QueueAdd": [{"Response": "Success", "Message": "Added interface to queue"}]}
    async with Peer(answers) as peer, running(peer) as desk:
        added = await desk.client.action("QueueAdd", {"Queue": "q", "Interface": "PJSIP/1"})
        assert added["Message"] == "Added interface to queue"


async def test_originate_is_refused_without_async_and_its_outcome_is_an_event() -> None:
    answers: dict[str, Answer] = {
        "Originate": lambda action: [
            {"Response": "Success", "Message": "Originate successfully queued"},
            {"Event": "OriginateResponse", "Response": "Failure", "Uniqueid": action["ChannelId"]},
        ]
    }
    async with Peer(answers) as peer, running(peer) as desk:
        with pytest.raises(WireError, match="Async"):
            await desk.client.action("Originate", {"Channel": "PJSIP/1"})
        queued = await desk.client.action("Originate", {"Channel": "PJSIP/1", "ChannelId": "o-1", "Async": "true"})
        assert queued["Message"] == "Originate successfully queued"
        await desk.until(lambda: len(desk.events) == 1)
        assert desk.events[0]["Uniqueid"] == "o-1"
        assert desk.client.connected


async def test_an_agi_command_is_queued_and_its_result_is_an_event() -> None:
    answers: dict[str, Answer] = {
        "AGI": lambda action: [
            {"Response": "Success", "Message": "Added AGI command to queue"},
            {"Event": "AsyncAGIExec", "CommandId": action["CommandID"], "Result": "200%20result%3D0%0A"},
        ]
    }
    async with Peer(answers) as peer, running(peer) as desk:
        desk.client.post("AGI", {"Channel": "C", "Command": "ANSWER", "CommandID": "e1-1"})
        await desk.until(lambda: len(desk.events) == 1)
        assert (desk.events[0]["CommandId"], desk.events[0]["Result"]) == ("e1-1", "200%20result%3D0%0A")


async def test_an_event_handler_that_raises_is_counted_and_later_events_come() -> None:
    async with Peer() as peer, running(peer) as desk:

        def handle(message: Message) -> None:
            desk.events.append(message)
            if message["N"] == "1":
                raise ValueError("about caller 5551234")

        desk.on_event = handle
        with capture_logs() as logs:
            peer.send(b"".join(block({"Event": "E", "N": str(n)}) for n in range(4)))
            await desk.until(lambda: len(desk.events) == 4)
        assert [m["N"] for m in desk.events] == ["0", "1", "2", "3"]
        assert (desk.client.handler_errors, desk.client.events_seen, desk.ups) == (1, 4, 1)
        assert [(e["event"], e["error"], e["ami_event"]) for e in logs] == [("ami handler failed", "ValueError", "E")]
        assert "5551234" not in str(logs)


async def test_a_burst_is_handled_in_order_without_a_task_for_any_of_it() -> None:
    async with Peer() as peer, running(peer) as desk:
        tasks = len(asyncio.all_tasks())
        numbers: list[int] = []
        most = 0

        def handle(message: Message) -> None:
            nonlocal most
            numbers.append(int(message["N"]))
            if len(numbers) % 1000 == 0:
                most = max(most, len(asyncio.all_tasks()))

        desk.on_event = handle
        peer.send(b"".join(block({"Event": "E", "N": str(n)}) for n in range(20_000)))
        await desk.until(lambda: len(numbers) == 20_000)
        assert numbers == list(range(20_000))
        assert most <= tasks


def test_an_event_handler_that_is_a_coroutine_is_refused() -> None:
    async def handle(message: Message) -> None: ...

    with pytest.raises(TypeError, match="plain function"):
        AmiClient(QUICK, on_event=handle, on_up=lambda: asyncio.sleep(0), on_down=print)  # type: ignore[arg-type]


async def test_a_deadline_for_each_action_and_late_answers_harm_nothing() -> None:
    async with Peer({"Setvar": None, "Status": None, "AGI": None}) as peer, running(peer) as desk:
        refusals: list[str] = []
        with pytest.raises(AmiTimeout):
            await desk.client.action("Setvar", deadline_s=0.01)
        with pytest.raises(AmiTimeout):
            await desk.client.listing("Status", deadline_s=0.01)
        late, late_list = peer.named("Setvar")[0]["ActionID"], peer.named("Status")[0]["ActionID"]
        peer.send(block({"Response": "Success", "ActionID": late}))
        peer.send(block({"Response": "Success", "EventList": "start", "ActionID": late_list}))
        peer.emit("Status", ActionID=late_list, Channel="C")
        peer.emit("StatusComplete", ActionID=late_list, EventList="Complete")
        peer.emit("Newchannel", Channel="C")
        await desk.until(lambda: bool(desk.events))
        assert [m["Event"] for m in desk.events] == ["Newchannel"]
        assert desk.client.events_dropped == 4
        assert (await desk.client.action("Hangup"))["Response"] == "Success"
        assert refusals == []


async def test_a_posted_action_that_is_not_answered_is_told_once() -> None:
    async with Peer({"AGI": None}) as peer, running(peer, deadline_s=0.05, ping_s=4.0) as desk:
        refusals: list[str] = []
        desk.client.post("AGI", on_refused=refusals.append)
        await desk.until(lambda: bool(refusals))
        peer.drop()
        await desk.until(lambda: desk.ups == 2)
        assert refusals == ["AGI was not answered in time"]


async def test_posted_actions_go_out_in_order_and_refusals_are_told() -> None:
    answers: dict[str, Answer] = {"Hangup": [{"Response": "Error", "Message": "No such channel"}]}
    async with Peer(answers) as peer, running(peer) as desk:
        refusals: list[str] = []

        def fail(why: str) -> None:
            refusals.append(why)
            raise RuntimeError

        for n in range(5):
            desk.client.post("Setvar", {"Value": str(n)}, on_refused=refusals.append)
        desk.client.post("Hangup", on_refused=fail)
        with capture_logs() as logs:
            desk.client.post("Hangup")
            await peer.seen("Hangup", times=2)
            await desk.client.action("Setvar", {"Value": "5"})
        assert [a["Value"] for a in peer.named("Setvar")] == ["0", "1", "2", "3", "4", "5"]
        assert refusals == ["No such channel"]
        assert desk.client.handler_errors == 1
        assert [e["event"] for e in logs] == ["ami handler failed", "ami action came to nothing"]


async def test_who_is_cancelled_while_waiting_disturbs_nobody() -> None:
    async with Peer({"Status": None}) as peer, running(peer) as desk:
        waiting = asyncio.create_task(desk.client.listing("Status"))
        action_id = (await peer.seen("Status"))["ActionID"]
        waiting.cancel()
        peer.send(block({"Response": "Success", "EventList": "start", "ActionID": action_id}))
        peer.emit("Status", ActionID=action_id)
        peer.emit("StatusComplete", ActionID=action_id, EventList="Complete")
        assert await desk.client.action("Hangup")
        assert desk.events == []


async def test_why_a_cli_command_is_refused_is_in_its_output() -> None:
    output = {"Response": "Error", "Message": "Command output follows", "Output": ["No such command 'x'", "try help"]}
    async with Peer({"Command": [output]}) as peer, running(peer) as desk:
        with pytest.raises(AmiRefused, match="No such command 'x'; try help"):
            await desk.client.action("Command", {"Command": "x"})


async def test_a_posted_action_tells_its_success_and_marks_its_events_with_an_id_of_ones_own() -> None:
    async with Peer({"Originate": None}) as peer, running(peer) as desk:
        told: list[str] = []

        def post() -> None:
            desk.client.post(
                "Originate",
                {"Channel": "PJSIP/1", "Async": "true"},
                on_done=lambda: told.append("done"),
                on_refused=told.append,
                action_id="offer-1",
            )

        post()
        assert (await peer.seen("Originate"))["ActionID"] == "offer-1"
        post()
        await desk.until(lambda: told == ["an action with this id is not answered yet"])
        peer.emit("OriginateResponse", ActionID="offer-1", Response="Success")
        peer.send(block({"Response": "Success", "ActionID": "offer-1"}))
        await desk.until(lambda: told[1:] == ["done"])
        assert [m["ActionID"] for m in desk.events] == ["offer-1"]
        assert len(peer.named("Originate")) == 1
        with pytest.raises(WireError):
            desk.client.post("Hangup", action_id="a\r\nb")
