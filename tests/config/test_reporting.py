"""Reports of a site: who is on duty, what is sent by itself, and the command."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.cli import app
from config.files.reports import ReportSettings, unsendable
from config.reporting import Sender, on_duty, rollups, teams
from config.settings import Site, load
from cti.site.files import SiteError, check, parse
from ivr.fetch import Fetcher
from recordings.reports.keeper import Keeper
from recordings.store import Store
from tests.ivr.service import service
from tests.mailbox import Mailbox, mailbox
from tests.recordings.reports.test_rollups import NINE, answered
from tests.recordings.scenarios import rows

DAY = NINE // 86_400 * 86_400
SENT = """
zone: UTC
webhooks: {{ops: "{url}"}}
mail: {{host: 127.0.0.1, port: {port}, security: none, sender: cordboard@example.com}}
reports:
  send:
    - {{name: daily, by: queue, every: day, interval: hour, mail: [floor@example.com], webhooks: [ops]}}
"""


def with_settings(folder: Path, more: str) -> Site:
    path = folder / "site.yaml"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return load(folder)


async def filled(site: Site) -> Store:
    site.state.mkdir(parents=True, exist_ok=True)
    store = await Store.open(site.database)
    await store.write(rows(answered("a", DAY + 3600, "4711", 10)))
    return store


async def test_a_day_is_sent_once_to_each_who_is_to_have_it(site: Path) -> None:
    """Not before its time; again to who did not take it, and only to him."""
    async with mailbox(Mailbox(refuses=1)) as box, service() as ops:
        made = with_settings(site, SENT.format(url=ops.url("reports"), port=box.port))
        store = await filled(made)
        keeper = Keeper(rollups(made, store))
        async with Fetcher((), b"s" * 32) as fetcher:
            sender = Sender(made, store, keeper, fetcher)
            await sender.look(DAY + 8 * 3600)
            await sender.look(DAY + 86_400 + 6 * 3600)
            assert (box.mails, ops.seen) == ([], [])
            for _ in range(3):
                await sender.look(DAY + 86_400 + 7 * 3600)
            await Sender(made, store, keeper, fetcher).look(DAY + 86_400 + 8 * 3600)
        await keeper.close()
        await store.close()
        [(_, body)] = ops.seen
        told = json.loads(body)["report"]
        assert (told["name"], told["from"], told["to"]) == ("daily", DAY, DAY + 86_400)
        assert [(line["name"], line["start"], line["figures"]["answered"]) for line in told["lines"]] == [
            ("orders", DAY + 3600, 1)
        ]
        [(to, mail)] = box.mails
        [file] = mail.iter_attachments()
        assert (to, file.get_filename()) == (["floor@example.com"], f"daily-{_day(DAY)}.xlsx")


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def test_what_cannot_be_sent() -> None:
    document = parse(
        "reports:\n  send:\n"
        "    - {name: a, by: queue, every: day, mail: [a@example.com]}\n"
        "    - {name: a, by: team, every: week, webhooks: [nowhere]}\n",
        "site.yaml",
    )
    settings = ReportSettings.model_validate(document.data["reports"])
    said = [problem.message for problem in unsendable(document, settings, (), None)]
    assert said == [
        "the site has no mail server", "there are two reports called 'a'", "there is no webhook called 'nowhere'",
    ]  # fmt: skip
    for bad in (
        "send: [{name: a, by: queue, every: day}]",
        "send: [{name: a, by: queue, every: hour, webhooks: [ops]}]",
        "send: [{name: a, by: queue, every: day, at: 25:00, webhooks: [ops]}]",
        "satisfied: 12",
    ):
        with pytest.raises(SiteError):
            check(ReportSettings, parse(bad, "site.yaml"))


def test_who_is_on_duty(site: Path) -> None:
    (site / "roster.yaml").unlink(missing_ok=True)
    assert list(on_duty(load(site))(DAY, DAY + 86_400)) == []
    (site / "roster.yaml").write_text(
        'shifts:\n  night: {hours: {mon-sun: "22:00-06:00"}, breaks: {mon-sun: "02:00-02:30"}, agents: [alice]}\n'
    )
    made = with_settings(site, "zone: UTC\n")
    found = sorted(on_duty(made)(DAY, DAY + 86_400), key=lambda duty: duty.start)
    assert [(duty.start - DAY, duty.end - DAY) for duty in found] == [(-7200, 21_600), (79_200, 108_000)]
    (site / "roster.yaml").write_text("shifts: {night: {}}")
    assert list(on_duty(made)(DAY, DAY + 86_400)) == []
    assert all(members for members in teams(made).values())


async def test_the_command(site: Path, tmp_path: Path) -> None:
    made = with_settings(site, "zone: UTC\n")
    store = await filled(made)
    await rollups(made, store).catch_up(DAY + 86_400)
    await store.close()
    day = _day(DAY)

    def run(*args: str) -> tuple[int, str]:
        found = CliRunner().invoke(app, ["report", *args, "--site", str(site)])
        return found.exit_code, found.output

    code, said = await asyncio.to_thread(run, "queue", "--from", day)
    assert code == 0, said
    assert "connection_rate" in said
    assert "100.0%" in said
    file = tmp_path / "out.csv"
    code, said = await asyncio.to_thread(run, "agent", "--from", day, "--interval", "hour", "--file", str(file))
    assert code == 0, said
    assert "alice" in file.read_text(encoding="utf-8-sig")
    for wrong in (["--from", "soon"], ["--from", day, "--to", day], ["--from", day, "--file", "out.pdf"]):
        code, said = await asyncio.to_thread(run, "queue", *wrong)
        assert code == 1
        assert said
