"""Three callers wait, agents come one by one: who is served when."""

from __future__ import annotations

from cti.calls import events as ev
from cti.calls.words import CallId
from demo.phones import PhoneCall
from tests.real.hotline import Hotline


async def wait_in_line(line: Hotline, number: str, key: str, count: int) -> tuple[PhoneCall, CallId]:
    """A caller who is in the queue."""
    call = await (await line.caller(number)).dial("100")
    await call.answered()
    await call.press(key)
    queued = await line.watch.wait(ev.Queued, count=count)
    return call, queued.call


async def test_priority_then_waiting_time(line: Hotline) -> None:
    """The rush call (key 3, priority 5) came last and is served first; then the longest waiting."""
    alice = await line.person("alice")
    waiting = [await wait_in_line(line, f"555{n}", key, n) for n, key in ((1, "1"), (2, "1"), (3, "3"))]
    await line.state("alice")
    served = []
    for count in (1, 2, 3):
        connected = await line.watch.wait(ev.Connected, count=count)
        served.append(connected.call)
        agent = await alice.called()
        await agent.answered()
        await agent.hang_up()
    first, second, rush = (call for _, call in waiting)
    assert served == [rush, first, second]


async def test_skill(line: Hotline) -> None:
    """Bob alone knows support; alice, who is ready first, is passed over."""
    await line.person("alice")
    await line.person("bob")
    _, support = await wait_in_line(line, "5551", "2", 1)
    _, orders = await wait_in_line(line, "5552", "1", 2)
    await line.state("alice")
    assert (await line.watch.wait(ev.Connected)).call == orders
    await line.state("bob")
    second = await line.watch.wait(ev.Connected, count=2)
    assert (second.call, second.agent) == (support, "bob")


async def test_the_better_skilled_is_asked_first(line: Hotline) -> None:
    """Bob (orders 3) has been idle longer than alice (orders 8), who is asked all the same."""
    await line.person("alice")
    await line.person("bob")
    await line.state("bob")
    await line.state("alice")
    await wait_in_line(line, "5551", "1", 1)
    assert (await line.watch.wait(ev.Connected)).agent == "alice"
