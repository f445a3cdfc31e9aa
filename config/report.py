"""What ``cordboard check`` prints of a good site: a certificate for each flow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.settings import Site
from ivr.check.certificate import Certificate, Way, certify
from ivr.check.lengths import Lengths
from ivr.prompts import Prompts
from ivr.speech import Espeak

ENDS = 20
"""Nodes shown at each end of a way that is too long to be shown whole."""


@dataclass(frozen=True, slots=True)
class Report:
    """Certificates of flows by name; ``entries`` are those that numbers lead to. ``guessed`` are the
    prompts, in a voice each, whose length had to be guessed."""

    certificates: Mapping[str, Certificate]
    entries: Collection[str]
    guessed: int


def report(site: Site) -> Report:
    """The report of a site that was checked."""
    # Nothing is spoken here: what was made before is measured.
    prompts = Prompts(site.sounds, site.prompts, Espeak(site.settings.speech.espeak))
    lengths = Lengths(prompts.seconds)
    found = {name: certify(flow, site.flows, lengths.of) for name, flow in site.menus.items()}
    return Report(found, set(site.settings.numbers.values()), lengths.guessed)


def show(console: Console, told: Report) -> None:
    """Prints it. Times are of callers who do not go round a menu again by choice."""
    for name, certificate in told.certificates.items():
        kind = "Flow" if name in told.entries else "Subflow"
        console.print()
        console.print(Text(f"{kind} {name}, at the longest", style="bold"), soft_wrap=True)
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, justify="right")
        table.add_column(overflow="fold")
        human = certificate.human
        if human is None:
            table.add_row("  to a human", "never", "", "no way leads to a queue or a transfer")
        else:
            table.add_row("  to a human", *_figures(human))
        if certificate.prompts.nodes == certificate.seconds.nodes:
            table.add_row("  in all", *_figures(certificate.seconds))
        else:
            table.add_row("  in seconds", *_figures(certificate.seconds))
            table.add_row("  in prompts", *_figures(certificate.prompts))
        console.print(table)
    if told.guessed:
        console.print()
        said = f"The length of {told.guessed} prompts is a guess: they have values in them, or no sound was made yet."
        console.print(Text(said), soft_wrap=True)


def too_slow(told: Report, limit_s: float) -> Iterator[str]:
    """A line for each flow of a number in which a caller may need more than ``limit_s`` seconds to a
    human. What a subflow takes is in the flows that enter it."""
    for name, certificate in told.certificates.items():
        human = certificate.human
        if name in told.entries and human is not None and human.took.seconds > limit_s:
            took = _time(human.took.seconds)
            yield f"flow {name}: up to {took} to a human, not {_time(limit_s)}: {_path(human.nodes)}"


def _path(nodes: Sequence[str]) -> str:
    """The way in a line or some, also where a flow has hundreds of nodes."""
    if len(nodes) > 2 * ENDS:
        nodes = [*nodes[:ENDS], f"({len(nodes) - 2 * ENDS} more)", *nodes[-ENDS:]]
    return " → ".join(nodes)


def _figures(way: Way) -> tuple[str, str, str]:
    count = way.took.prompts
    return _time(way.took.seconds), f"{count} prompt{'' if count == 1 else 's'}", _path(way.nodes)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"
