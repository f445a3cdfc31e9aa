"""The sample files for Asterisk are what the real tests run on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from config import settings
from config.manager_user import READ, WRITE
from config.new_site import write
from cti.calls.legs import ENGINE_CONTEXT
from cti.calls.tracker import Tracker
from demo.configuration import TEMPLATES
from tests.docs.pages import SAMPLES

Setting = tuple[str, str, str]
"""Section, key, value."""


def _settings(name: str) -> Iterator[Setting]:
    section = ""
    for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines():
        text = line.partition(";")[0].strip()
        if found := re.match(r"\[([^]]+)\]", text):
            section = found[1]
        elif text:
            key, _, value = text.partition("=")
            yield section, key.strip(), value.removeprefix(">").strip()


def test_the_manager_user_is_the_one_that_is_tested() -> None:
    user = [(key, value) for section, key, value in _settings("manager.conf") if section == "cordboard"]
    assert dict(user)["read"] == READ
    assert dict(user)["write"] == WRITE
    [only] = [value for key, value in user if key == "eventfilter"]
    assert only == f"^Event: ({'|'.join(Tracker('', '').events)})"


def test_the_web_socket_is_the_one_that_is_tested() -> None:
    tested = dict(line.split(" = ") for line in (TEMPLATES / "http.conf").read_text().splitlines()[1:])
    assert {key: value for _, key, value in _settings("http.conf")} == tested | {"bindport": "8088"}


def test_the_samples_fit_the_example_site(tmp_path: Path) -> None:
    write(tmp_path / "site")
    site = settings.load(tmp_path / "site")
    endpoints = {section for section, key, value in _settings("pjsip.conf") if (key, value) == ("aors", section)}
    assert {f"PJSIP/{name}" for name in endpoints} == {p.phone for p in site.people.values() if p.phone}
    assert site.settings.asterisk.user in {section for section, _, _ in _settings("manager.conf")}
    dialplan = list(_settings("extensions.conf"))
    for to in site.destinations.values():
        assert any(section == to.context and value.startswith(f"{to.exten},1,") for section, _, value in dialplan)
    assert any(f"Goto({ENGINE_CONTEXT},${{EXTEN}},1)" in value for _, _, value in dialplan)
