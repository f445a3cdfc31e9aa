from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.ami.wire import MAX_HEADERS, MAX_LINE, Framer, Message, WireError, encode
from tests.cti.ami.peer import Headers, block

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
MESSAGES: list[Headers] = [
    {"Event": "FullyBooted", "Privilege": "system,all", "Status": "Fully Booted"},
    {"Event": "Newchannel", "Channel": "PJSIP/1-00000001", "CallerIDName": "王小明", "Exten": ""},
    {"Event": "Status", "Variable": ["A=1", "B=2", "A=1"], "Note": "a: b"},
    {"Response": "Success", "ActionID": "1", "Output": ["first", "", "third"]},
]
STREAM = BANNER + b"".join(block(message) for message in MESSAGES)


def whole(data: bytes) -> list[Message]:
    return Framer().feed(data)


def test_messages_are_read() -> None:
    booted, new, status, response = whole(STREAM)
    assert booted == {"Event": "FullyBooted", "Privilege": "system,all", "Status": "Fully Booted"}
    assert new["CallerIDName"] == "王小明"
    assert new["Exten"] == ""
    assert new.all("Channel") == ["PJSIP/1-00000001"]
    assert new.all("Nothing") == []
    assert status["Note"] == "a: b"
    assert response["Output"] == "first"


def test_every_value_of_a_repeated_header_is_kept() -> None:
    _, _, status, response = whole(STREAM)
    assert status["Variable"] == "A=1"
    assert status.all("Variable") == ["A=1", "B=2", "A=1"]
    assert response.all("Output") == ["first", "", "third"]
    assert response.all("ActionID") == ["1"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_bytes_in_pieces_of_one_size(size: int) -> None:
    framer = Framer()
    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert [m for piece in pieces for m in framer.feed(piece)] == whole(STREAM)
    assert framer.banner == "Asterisk Call Manager/11.0.0"


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_bytes_cut_anywhere(cuts: list[int]) -> None:
    framer, edges = Framer(), [0, *sorted(cuts), len(STREAM)]
    got = [m for start, end in pairwise(edges) for m in framer.feed(STREAM[start:end])]
    assert got == whole(STREAM)


@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_bytes_are_read_or_refused_and_never_break_the_next_message(noise: bytes, size: int) -> None:
    data = BANNER + b"Event: A\r\nField: " + noise + b"\r\n\r\nEvent: Next\r\n\r\n"
    framer, got = Framer(), list[Message]()
    for start in range(0, len(data), size):
        got += framer.feed(data[start : start + size])
    assert got[-1] == {"Event": "Next"}
    assert got == whole(data)


def test_a_cut_inside_a_character_loses_nothing() -> None:
    data = BANNER + block({"Event": "E", "CallerIDName": "王"})
    at = data.index("王".encode()) + 1
    framer = Framer()
    assert framer.feed(data[:at]) == []
    assert framer.feed(data[at:]) == [{"Event": "E", "CallerIDName": "王"}]


def test_what_is_not_utf8_is_marked_and_the_rest_kept() -> None:
    (message,) = whole(BANNER + b"Event: E\r\nCallerIDName: A\xff\xe4\r\nExten: 1\r\n\r\n")
    assert message["CallerIDName"] == "A��"
    assert message["Exten"] == "1"


def test_lines_that_are_no_headers_and_empty_blocks_are_passed_over() -> None:
    assert whole(BANNER + b"\r\n\r\nEvent: E\r\nno header\r\nBare:\r\nTight:x\r\n\r\n\r\n") == [
        {"Event": "E", "Bare": "", "Tight": "x"}
    ]


@pytest.mark.parametrize("data", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400\r\n", b"Ast\r\n", b"\0"])
def test_a_port_that_is_not_asterisks_is_refused_from_its_first_bytes(data: bytes) -> None:
    with pytest.raises(WireError, match="not an Asterisk manager port"):
        whole(data)


def test_a_banner_without_end_is_refused() -> None:
    with pytest.raises(WireError, match="not an Asterisk"):
        whole(BANNER.strip() + b"x" * 2000)


def test_a_message_without_end_is_refused() -> None:
    framer = Framer(limit=100)
    assert framer.feed(BANNER + b"Event: " + b"x" * 90) == []
    with pytest.raises(WireError, match="more than 100 bytes"):
        framer.feed(b"x" * 90)


def test_a_message_does_not_print_its_values() -> None:
    assert repr(Message({"Event": "DTMFEnd", "Digit": "7"})) == "<Message Event: DTMFEnd, 2 headers>"
    assert repr(Message({"Response": "Error"})) == "<Message Response: Error, 1 headers>"


def test_an_action_is_written() -> None:
    assert encode("Setvar", {"Channel": "C", "Variable": ["a=1", "b=2"], "Empty": ""}, "7") == (
        b"Action: Setvar\r\nActionID: 7\r\nChannel: C\r\nVariable: a=1\r\nVariable: b=2\r\nEmpty: \r\n\r\n"
    )


@pytest.mark.parametrize("bad", ["a\r\nAction: Hangup", "a\nb", "a\rb", "a\0b", "\r\n\r\nAction: Logoff", "\ud800"])
def test_a_value_that_would_become_something_else_is_refused(bad: str) -> None:
    for fields in ({"Channel": bad}, {"Variable": ["x", bad]}):
        with pytest.raises(WireError) as error:
            encode("Setvar", fields, "1")
        assert bad not in str(error.value)
    with pytest.raises(WireError):
        encode("Setvar", {}, bad)


@pytest.mark.parametrize("bad", ["", "a\r\nb", "Channel: x", "a b", "é", "a\n"])
def test_a_name_that_would_become_something_else_is_refused(bad: str) -> None:
    with pytest.raises(WireError):
        encode("Setvar", {bad: "x"}, "1")
    with pytest.raises(WireError):
        encode(bad, {}, "1")


@pytest.mark.parametrize("name", ["Action", "action", "ActionID", "ACTIONID"])
def test_a_second_action_or_id_is_refused(name: str) -> None:
    with pytest.raises(WireError, match="not a field"):
        encode("Setvar", {name: "x"}, "1")


def test_what_asterisk_would_cut_is_refused() -> None:
    room = MAX_LINE - len("Value: ")
    assert encode("Setvar", {"Value": "x" * room}, "1")
    with pytest.raises(WireError, match="Value is longer"):
        encode("Setvar", {"Value": "x" * (room + 1)}, "1")
    with pytest.raises(WireError, match="Value is longer"):
        encode("Setvar", {"Value": "😀" * 2500}, "1")
    assert encode("Setvar", {"Variable": ["x"] * (MAX_HEADERS - 2)}, "1")
    with pytest.raises(WireError, match="headers"):
        encode("Setvar", {"Variable": ["x"] * (MAX_HEADERS - 1)}, "1")


@pytest.mark.parametrize("fields", [{}, {"Async": "false"}, {"Async": "yes"}])
def test_an_originate_that_would_block_the_link_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(WireError, match="Async: true"):
        encode("Originate", {"Channel": "PJSIP/1", **fields}, "1")
    assert encode("Originate", {"Channel": "PJSIP/1", "Async": "true"}, "1")


@given(st.dictionaries(st.from_regex(r"X[A-Za-z0-9-]{0,9}", fullmatch=True), st.text(max_size=60), max_size=5))
def test_what_is_written_is_one_message_that_reads_as_it_was_meant(fields: dict[str, str]) -> None:
    try:
        data = encode("Test", fields, "1")
    except WireError:
        return
    assert whole(BANNER + data) == [{"Action": "Test", "ActionID": "1", **fields}]
