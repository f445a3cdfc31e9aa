"""Traces of calls, as a collector of OpenTelemetry gets them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import config.traces
from config import new_site, settings
from config.premises import CannotStart, make_folders
from config.settings import Site
from config.traces import traces
from recordings.store import Store
from tests.recordings.scenarios import events, rows

CALL = "39d288cd337357238dfbac31760e6cb0"
HAPPENED = """
0    Arrived caller=13800001234 caller_name=Mallory dialled=100
0.2  EnteredFlow flow=main version=abc
0.2  EnteredMenu node=main
3    Chosen node=main value=20481577
8    Queued queue=sales priority=5
8.2  Offered offer=o1 agent=bob recording=2026/c1-1
11   Refused offer=o1 agent=bob reason=no_answer
11.1 Offered offer=o2 agent=alice recording=2026/c1-2
13   Accepted offer=o2
13.1 Connected offer=o2 agent=alice
20   Held offer=o2
25   Resumed
30   ConsultAsked by=alice offer=o3 number=13900005678
35   ConsultOver offer=o3
40   Ended by=caller cause=16
"""


class Collector(HTTPServer):
    """Takes traces, as soon as it has said no ``refuses`` times."""

    def __init__(self, refuses: int) -> None:
        self.refuses = refuses
        self.bodies: list[bytes] = []
        self.taken = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:
                body = handler.rfile.read(int(handler.headers["Content-Length"]))
                refused, self.refuses = self.refuses > 0, self.refuses - 1
                handler.send_response(400 if refused else 200)
                handler.end_headers()
                if not refused:
                    assert handler.path == "/v1/traces"
                    self.bodies.append(body)
                    self.taken.set()

            def log_message(handler, format: str, *args: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@contextmanager
def collector(refuses: int = 0) -> Iterator[Collector]:
    with Collector(refuses) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def site_with(folder: Path, url: str | None) -> Site:
    new_site.write(folder)
    if url is not None:
        file = folder / "site.yaml"
        file.write_text(f"{file.read_text()}\ntraces: {url}\n")
    site = settings.load(folder)
    make_folders(site)
    return site


async def test_a_call_that_is_over_is_a_trace(tmp_path: Path) -> None:
    with collector(refuses=1) as server:
        site = site_with(tmp_path / "site", f"http://127.0.0.1:{server.server_port}/v1/traces")
        store = await Store.open(site.database)
        (courier,) = traces(site, store)
        courier._pause_s = 0.05
        (site.state / "traces-sent").write_text("0\n")
        courier._clock = lambda: 100.0
        await store.write(rows(events(HAPPENED, CALL), run="a"))
        await store.write(rows(events("50 Arrived caller=13800001234", "live"), run="b"))
        sending = asyncio.create_task(courier.run())
        assert await asyncio.to_thread(server.taken.wait, 20.0)
        sending.cancel()
        await asyncio.wait({sending})
        await store.close()
    assert courier.refused == 1
    (body,) = server.bodies
    for personal in (b"13800001234", b"Mallory", b"20481577", b"13900005678", b"alice", b"bob"):
        assert personal not in body
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert "cordboard" in [one.value.string_value for one in resource.resource.attributes]
    found = [span for scope in resource.scope_spans for span in scope.spans]
    assert {span.trace_id.hex() for span in found} == {CALL}
    names = {span.span_id: span.name for span in found}
    told = [
        (span.name, names.get(span.parent_span_id, ""), span.start_time_unix_nano / 1e9, span.end_time_unix_nano / 1e9)
        for span in found
    ]
    assert told == [
        ("call", "", 0.0, 40.0),
        ("menu", "call", 0.0, 8.0),
        ("wait", "call", 8.0, 13.1),
        ("offer", "wait", 8.2, 11.0),
        ("offer", "wait", 11.1, 13.0),
        ("talk", "call", 13.1, 40.0),
        ("hold", "talk", 20.0, 25.0),
        ("consult", "talk", 30.0, 35.0),
    ]
    facts = {one.key: one.value.string_value for one in found[3].attributes}
    assert facts == {"cordboard.queue": "sales", "cordboard.detail": "no answer"}


async def test_a_site_that_wants_none_sends_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_with(tmp_path / "without", None)
    store = await Store.open(site.database)
    assert traces(site, store) == []
    monkeypatch.setattr(config.traces, "AVAILABLE", False)
    with pytest.raises(CannotStart, match=r"cordboard\[otel\]"):
        traces(site_with(tmp_path / "with", "http://127.0.0.1:4318/v1/traces"), store)
    await store.close()
