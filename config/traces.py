"""Calls that are over as traces of OpenTelemetry, by OTLP over HTTP; for sites that want them.

They go out as webhooks' events do: by position in the journal, in order, tried again until they are taken. The engine
does nothing for it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

from config.premises import CannotStart
from config.settings import Site
from cti.calls.events import Ended
from recordings.store import CallDetails, Store
from recordings.trace.spans import spans, trace_id
from recordings.webhooks.courier import Courier

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExportResult
    from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

NAME = "OpenTelemetry traces"
"""As figures call it; no webhook can have this name."""
PATIENCE_S = 10.0


def traces(site: Site, records: Store) -> list[Courier]:
    """What sends them; nothing where the site wants none. Raises CannotStart."""
    url = site.settings.traces
    if url is None:
        return []
    if not AVAILABLE:
        raise CannotStart("site.yaml wants traces: install cordboard[otel], or take traces out")
    exporter = OTLPSpanExporter(endpoint=url, timeout=PATIENCE_S)
    resource = Resource.create({"service.name": "cordboard", "service.instance.id": site.settings.asterisk.name})

    async def deliver(body: bytes) -> bool:
        over = [event["call"] for event in json.loads(body)["events"] if event["kind"] == Ended.__name__]
        found = [details for call in dict.fromkeys(over) if (details := await records.call(call)) is not None]
        batch = [span for details in found for span in _as_spans(details, resource)]
        return not batch or await asyncio.to_thread(exporter.export, batch) is SpanExportResult.SUCCESS

    return [Courier(NAME, deliver, records, site.state / "traces-sent")]


def _as_spans(details: CallDetails, resource: Resource) -> Iterator[ReadableSpan]:
    trace = trace_id(details.record.id)

    def context(id: int) -> SpanContext:
        return SpanContext(trace, id, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    for one in spans(details.record, details.segments):
        yield ReadableSpan(
            one.name,
            context(one.id),
            None if one.parent is None else context(one.parent),
            resource,
            one.attributes,
            kind=SpanKind.SERVER if one.parent is None else SpanKind.INTERNAL,
            start_time=round(one.start * 1e9),
            end_time=round(max(one.start, one.end) * 1e9),
        )
