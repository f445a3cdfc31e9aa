"""The manager user at a real Asterisk: linked by TLS, with no class of rights too many and none too few."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from config import doctor, manager_user
from config.doctor import Verdict
from config.manager_user import NEEDED_ACTIONS, READ, WRITE
from cti.ami.client import AmiClient, AmiSettings
from cti.calls.events import Connected, Ended
from cti.calls.tracker import Tracker
from demo.asterisk import PrivateAsterisk, free_ports
from demo.configuration import HOST, Manager, Plan, Tls
from demo.debian import Program
from demo.phones import Phones
from demo.robots import HOTLINE
from demo.stage import serving, stage
from tests.certificates import Authority
from tests.real.hotline import Hotline, Watch, soon

SECRET = "a secret"
EVENTS = Tracker("", "").events
OF_CLASS = {"agi": "AsyncAGIStart", "call": "BridgeEnter", "dtmf": "DTMFEnd", "user": "UserEvent"}
"""An event that comes with each class of ``read``."""


def without(classes: str, left_out: str) -> str:
    return ",".join(name for name in classes.split(",") if name != left_out)


@asynccontextmanager
async def listening(port: int, name: str) -> AsyncIterator[tuple[AmiClient, list[str]]]:
    """A manager user at the port without TLS, and the events it is sent."""
    heard: list[str] = []
    settings = AmiSettings(host=HOST, port=port, user=name, secret=SECRET)
    ami = AmiClient(
        settings, on_event=lambda m: heard.append(m["Event"]), on_up=doctor._nothing, on_down=lambda _: None
    )
    async with doctor._linked(ami) as trouble:
        assert trouble == ""
        yield ami, heard


async def test_a_call_by_tls_and_what_each_class_tells(
    site: Path, made_site: Path, peers: Mapping[str, Program], tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "authority.pem")
    tls = Tls(authority.gives(tmp_path / "manager.pem", days=(-1, 90)), authority.path)
    reads = {"all": READ, **{name: without(READ, name) for name in READ.split(",")}}
    managers = [Manager(name, SECRET, read, "", EVENTS) for name, read in reads.items()]
    managers.append(Manager("unfiltered", SECRET, READ, ""))
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}}
    async with (
        stage(site, peers, changes=changes, managers=managers, tls=tls) as at,
        Phones(at.asterisk.ports.sip) as phones,
        AsyncExitStack() as listeners,
    ):
        heard = {
            manager.name: await listeners.enter_async_context(listening(at.asterisk.ports.ami, manager.name))
            for manager in managers
        }
        assert at.site.settings.asterisk.port == at.asterisk.ports.ami_tls

        watch = Watch()
        async with AsyncExitStack() as exits:
            url = await exits.enter_async_context(serving(at.site, watch))
            line = Hotline(at, url, watch, phones, exits)
            alice = await line.person("alice")
            await line.state("alice")
            caller = await line.calls()
            await (await alice.called()).answered()
            talk = await watch.wait(Connected)
            await caller.hang_up()
            await watch.wait(Ended)
            assert (await line.record(talk.call))["segments"]
            health = (await (await line.desk("root")).get("/api/health")).json()["parts"]
            assert [p["state"] for p in health if p["part"] == "AMI certificate"] == ["good"]
            found = {finding.what: finding async for finding in doctor.examine(at.site)}
            assert "certificate that is good for 89 days" in found["AMI encryption"].seen
            for what in ("AMI log-in", "AMI encryption", "permissions", "events"):
                assert found[what].verdict is Verdict.GOOD, found[what]
        # The engine is away, and the dialplan knows of a link by TLS that it is gone.
        waits = await (await phones.add("5550199")).dial(HOTLINE)
        await waits.answered()

        async def told() -> bool:
            for ami, _ in heard.values():
                await ami.action("Ping")
            return "UserEvent" in heard["all"][1]

        await soon(told)
        await told()  # an answer comes after all events before it
        await waits.hang_up()

    seen = {name: set(events) for name, (_, events) in heard.items()}
    assert OF_CLASS.keys() == set(READ.split(","))
    assert set(OF_CLASS.values()) <= seen["all"] <= set(EVENTS)
    lost = {name: seen["all"] - seen[name] for name in OF_CLASS}
    assert sum(map(len, lost.values())) == len(set().union(*lost.values())), "each comes with one class only"
    for name, event in OF_CLASS.items():
        assert event in lost[name]
    sent, all_sent = (len(heard[name][1]) for name in ("all", "unfiltered"))
    print(f"{sent} of {all_sent} events pass the filter")
    assert sent < all_sent


async def test_what_each_class_allows(tmp_path: Path, peers: Mapping[str, Program]) -> None:
    """Without any one of them something that is needed is not allowed; with any other, something that is not."""
    sets = {"all": WRITE, **{name: without(WRITE, name) for name in WRITE.split(",")}}
    sets |= {name: f"{WRITE},{name}" for name in ("system", "command", "config", "user")}
    plan = Plan(managers=[Manager(name, SECRET, "call", write) for name, write in sets.items()])
    ports = free_ports()
    missing: dict[str, set[str]] = {}
    more: dict[str, Sequence[str]] = {}
    async with PrivateAsterisk(peers["asterisk"], tmp_path / "asterisk", plan, ports):
        for name in sets:
            async with listening(ports.ami, name) as (ami, _):
                allowed = await ami.action("ListCommands")
                missing[name] = set(manager_user.lacks(allowed))
                more[name] = manager_user.beyond(allowed).actions
    assert {name: lacked for name, lacked in missing.items() if lacked} == {
        "agi": {"AGI"},
        "call": {"Hangup", "PlayDTMF", "Redirect", "Setvar"},
        "originate": {"Originate"},
        "reporting": {"CoreShowChannels", "ShowDialPlan"},
    }
    assert set(NEEDED_ACTIONS) >= {"Getvar", "Ping"}, "which two classes allow, and none"
    assert {name for name, actions in more.items() if actions} == {"system", "command", "config", "user"}
    for name, action in (("system", "ModuleLoad"), ("command", "Command"), ("config", "UpdateConfig")):
        assert action in more[name]
