"""A caller's phone, listened to: what comes out of it on a real call is the main menu as written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cti.calls import events as ev
from demo.debian import Program
from tests.listening.recogniser import Recogniser, digits, words, wrong
from tests.real.hotline import Hotline, hotline

KEYS = ["1", "2", "3", "4", "0"]


def main_menu(line: Hotline) -> list[str]:
    """The words of the main menu, in English."""
    node = line.stage.site.flows["main"].nodes["main"]
    asked = dict(node.prompts())
    prompts = [asked["menu",], *(asked["keys", key, "say"] for key in KEYS)]
    return words(" ".join(getattr(piece, "text", "") for prompt in prompts for piece in prompt.pieces("en")))


async def test_the_main_menu_over_the_telephone(
    natural: Path, peers: Mapping[str, Program], recogniser: Recogniser
) -> None:
    async with hotline(natural, peers, changes={"web": {"port": 0}}) as line:
        call = await (await line.caller()).dial("100")
        await call.answered()
        await call.press("1")
        await line.watch.wait(ev.EnteredMenu, lambda e: e.node == "main")
        begun = len(call.heard())
        said = main_menu(line)
        await line.watch.wait(ev.Played, lambda e: e.whole, count=1 + len(KEYS))
        heard = recogniser.words(call.heard()[begun:])
        await call.hang_up()
        await line.watch.wait(ev.Ended)
    assert len(said) >= 30
    assert digits(heard) == KEYS
    assert wrong(said, heard) <= 0.1 * len(said), (said, heard)
