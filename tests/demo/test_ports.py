"""Ports for private Asterisks, of which several run at the same time."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from demo import ports
from demo.asterisk import AsteriskFailed, free_ports
from demo.configuration import HOST

FIND = "from demo.ports import find_ports; print(find_ports(100).rtp_first, flush=True); input()"


def test_they_are_free_and_apart() -> None:
    found = free_ports(calls=5)
    assert found.rtp_last - found.rtp_first == 19
    assert len({found.sip, found.ami, found.web, found.rtp_first}) == 4
    for port in (found.sip, found.rtp_first, found.rtp_last):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip:
            sip.bind((HOST, port))


def test_more_than_a_share_can_be_had() -> None:
    found = free_ports(calls=450)
    assert found.rtp_last - found.rtp_first == 1799


def test_two_processes_look_in_different_places() -> None:
    mine = free_ports()
    with subprocess.Popen([sys.executable, "-c", FIND], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        assert not [share for share in ports._claimed if theirs in share]
        assert mine.rtp_first not in range(theirs, theirs + 400)
        other.communicate(b"\n")


def test_too_many_are_not_to_be_had() -> None:
    with pytest.raises(AsteriskFailed, match="Too few free ports"):
        free_ports(calls=6000)
