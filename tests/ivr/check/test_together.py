"""What shows only when flows are looked at together."""

from __future__ import annotations

import pytest

from cti.site.files import SiteError, parse
from ivr.loader import check_flows
from ivr.verbs.data import MAX_SUBFLOWS
from tests.ivr.check.random_flows import KNOWN

LAST = "start: a\nnodes:\n  a: {say: Hello, next: return}"


def chain(depth: int) -> dict[str, str]:
    """``main`` enters f1, that enters f2, and so on: ``depth`` subflows, one from another."""
    texts = {f"f{depth}": LAST}
    for i in range(depth):
        on = "return" if i else "bye"
        text = f"start: a\nnodes:\n  a: {{subflow: f{i + 1}, next: {on}}}\n"
        texts[f"f{i}" if i else "main"] = text + ("" if i else "  bye: {hangup: true}\n")
    return texts


def problems(texts: dict[str, str]) -> list[str]:
    try:
        check_flows({name: parse(text, f"{name}.yaml") for name, text in texts.items()}, KNOWN)
    except SiteError as error:
        return str(error).splitlines()
    return []


def test_subflows_are_entered_only_so_deep() -> None:
    assert problems(chain(MAX_SUBFLOWS)) == []
    (said,) = problems(chain(MAX_SUBFLOWS + 1))
    assert said.startswith(f"main.yaml:1: subflows are entered one from another more than {MAX_SUBFLOWS} deep")


def test_a_secret_is_followed_through_subflows_that_return_at_once() -> None:
    texts = chain(2)
    texts["f2"] = (
        "start: a\nnodes:\n  a: {collect: PIN?, digits: 4, name: pin, secret: true, next: return, otherwise: return}"
    )
    texts["main"] = texts["main"].replace("next: bye", "next: told") + '  told: {say: "{pin:digits}", next: bye}\n'
    (said,) = problems(texts)
    assert "main.yaml:5: nodes.told.say: the secret 'pin' can reach speech here: a -> main.told" in said


def test_a_loop_that_a_subflow_breaks_by_asking_for_a_key_is_good() -> None:
    asks = 'start: a\nnodes:\n  a: {menu: Again?, keys: {"1": return}, otherwise: b}\n  b: {hangup: true}'
    again = "start: a\nnodes:\n  a: {say: Hello, next: b}\n  b: {subflow: f1, next: a}"
    assert problems({"main": again, "f1": asks}) == []
    assert problems({"main": again, "f1": LAST})


@pytest.mark.parametrize("text", ["start: a\nnodes:\n  a: {menu: Hello, keys: {'1': return}}"])
def test_return_needs_a_subflow_even_where_numbers_are_not_known(text: str) -> None:
    assert "there is nothing to return to" in problems({"main": text})[0]
