from __future__ import annotations

from pathlib import Path

import pytest

from demo.configuration import MODULES, Folders, Manager, Phone, Plan, Ports, render

PORTS = Ports(sip=5070, ami=5071, web=5072, ami_tls=5073, rtp_first=20000, rtp_last=20399)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in MODULES:
        (modules / f"{name}.so").touch()
    return Folders(tmp_path / "asterisk", tmp_path / "run", modules)


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith(";")]


def test_phones_register_or_are_always_there(folders: Folders) -> None:
    plan = Plan(phones=[Phone("1001", password="s3cret"), Phone("9001", contact="sip:9001@127.0.0.1:6000")])
    text = lines(render(plan, PORTS, folders, "r")["pjsip.conf"])
    assert text[text.index("[1001](line)") :][:10] == [
        "[1001](line)",
        "context = phones",
        "callerid = <1001>",
        "aors = 1001",
        "auth = 1001",
        "[1001]",
        "type = auth",
        "auth_type = userpass",
        "username = 1001",
        "password = s3cret",
    ]
    assert text[text.index("[9001](line)") :] == [
        "[9001](line)",
        "context = phones",
        "callerid = <9001>",
        "aors = 9001",
        "[9001]",
        "type = aor",
        "max_contacts = 1",
        "remove_existing = yes",
        "contact = sip:9001@127.0.0.1:6000",
    ]


def test_a_manager_user_has_just_what_it_is_given(folders: Folders) -> None:
    manager = Manager("cordboard", "s", read="call,agi", write="call", events=("Hangup", "DTMFEnd"))
    text = render(Plan(managers=[manager]), PORTS, folders, "r")["manager.conf"]
    assert lines(text[text.index("[cordboard]") :]) == [
        "[cordboard]",
        "secret = s",
        "deny = 0.0.0.0/0.0.0.0",
        "permit = 127.0.0.1/255.255.255.255",
        "read = call,agi",
        "write = call",
        "eventfilter = ^Event: (Hangup|DTMFEnd)",
    ]


def test_only_modules_that_are_there_are_loaded(folders: Folders) -> None:
    (folders.modules / "app_queue.so").unlink()
    text = render(Plan(), PORTS, folders, "r")["modules.conf"]
    assert "autoload = no" in text
    assert "load = chan_pjsip.so" in text
    assert "app_queue" not in text


def test_the_dialplan_includes_the_products_files(folders: Folders) -> None:
    plan = Plan(includes=[Path("/etc/cordboard/in.conf")], caller_context="in")
    files = render(plan, PORTS, folders, "r")
    assert '#include "/etc/cordboard/in.conf"' in files["extensions.conf"]
    assert "Dial(PJSIP/${EXTEN},30)" in files["extensions.conf"]
    assert "context = in\n" in files["pjsip.conf"]


def test_a_whole_file_can_be_given(folders: Folders) -> None:
    assert render(Plan(files={"queues.conf": "[q]\n"}), PORTS, folders, "r")["queues.conf"] == "[q]\n"
    assert render(Plan(), PORTS, folders, "r")["queues.conf"] == ""


@pytest.mark.parametrize(
    "plan",
    [
        Plan(phones=[Phone("1001]\ntype=x")]),
        Plan(phones=[Phone("", password="x")]),
        Plan(phones=[Phone("1" * 65)]),
        Plan(phones=[Phone("1001", password="a\nallow=all")]),
        Plan(phones=[Phone("1001", contact="sip:a@b\r\n")]),
        Plan(phones=[Phone("📞")]),
        Plan(managers=[Manager("m", "s;", "call", "call")]),
        Plan(managers=[Manager("m", "s", "call\nwrite=all", "call")]),
        Plan(managers=[Manager("m", "s", "call", "call", ["Hangup\nread=all"])]),
        Plan(includes=[Path("/a\n[b]")]),
        Plan(caller_context="a b"),
    ],
)
def test_no_value_breaks_out_of_its_line(plan: Plan, folders: Folders) -> None:
    with pytest.raises(ValueError, match="configuration"):
        render(plan, PORTS, folders, "r")


def test_secrets_are_not_shown() -> None:
    assert "s3cret" not in repr([Phone("1001", "s3cret"), Manager("m", "s3cret", "", "")])
