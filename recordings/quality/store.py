"""Reviews in the database. Each function works on a connection of ``recordings.store.Store``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.quality.forms import Form, Score, decode, encode
from recordings.quality.reviews import SEEN_BY_AGENT, Content, Deed, Remark, Review, State, Step
from recordings.quality.tables import quality_forms, review_steps, reviews

_COLUMNS = [column for column in reviews.c if column.name != "draft"]


async def keep_forms(connection: AsyncConnection, forms: Iterable[Form], now: float) -> None:
    """From now on these versions are there, beside all earlier ones."""
    known = {tuple(row) for row in await connection.execute(select(quality_forms.c.form, quality_forms.c.version))}
    new = [form for form in forms if (form.name, form.version) not in known]
    if new:
        rows = [{"form": f.name, "version": f.version, "at": now, "data": encode(f)} for f in new]
        await connection.execute(insert(quality_forms), rows)


async def form_of(connection: AsyncConnection, review: Review) -> Form:
    """The form a review is by, in the version it was begun with."""
    wanted = select(quality_forms.c.data).where(
        quality_forms.c.form == review.form, quality_forms.c.version == review.version
    )
    return decode((await connection.execute(wanted)).scalar_one())


async def add(connection: AsyncConnection, new: Sequence[Review]) -> None:
    """Raises IntegrityError where a grader has one of the talk by the form already."""
    if new:
        rows = [asdict(one) | {"state": one.state.value, "draft": _encode(Content())} for one in new]
        await connection.execute(insert(reviews), rows)


async def find(connection: AsyncConnection, id: str) -> Review | None:
    row = (await connection.execute(select(*_COLUMNS).where(reviews.c.id == id))).one_or_none()
    return _review(row._mapping) if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which reviews; None is any. ``start`` <= talk < ``end``, Unix seconds. ``seen_by``: who asks; of
    comparisons of graders he is given his own only. ``released``: only what agents see."""

    seen_by: str
    agent: str | None = None
    grader: str | None = None
    call: str | None = None
    state: State | None = None
    start: float | None = None
    end: float | None = None
    released: bool = False


async def search(connection: AsyncConnection, wanted: Wanted, limit: int) -> list[Review]:
    """The latest talks first."""
    same = (
        (reviews.c.agent, wanted.agent),
        (reviews.c.grader, wanted.grader),
        (reviews.c.call, wanted.call),
        (reviews.c.state, wanted.state.value if wanted.state else None),
    )
    query = select(*_COLUMNS).where(*(column == value for column, value in same if value is not None))
    if wanted.start is not None:
        query = query.where(reviews.c.talked_at >= wanted.start)
    if wanted.end is not None:
        query = query.where(reviews.c.talked_at < wanted.end)
    if wanted.released:
        query = query.where(reviews.c.state.in_(SEEN_BY_AGENT), reviews.c.calibration == "")
    else:
        query = query.where((reviews.c.calibration == "") | (reviews.c.grader == wanted.seen_by))
    query = query.order_by(reviews.c.talked_at.desc(), reviews.c.id).limit(limit)
    return [_review(row._mapping) for row in await connection.execute(query)]


async def same(connection: AsyncConnection, review: Review) -> Review | None:
    """The grader's own of the same talk by the same form."""
    wanted = select(*_COLUMNS).where(
        *(reviews.c[name] == getattr(review, name) for name in ("call", "agent", "grader", "form"))
    )
    row = (await connection.execute(wanted)).one_or_none()
    return _review(row._mapping) if row else None


async def of_calibration(connection: AsyncConnection, id: str) -> list[Review]:
    wanted = select(*_COLUMNS).where(reviews.c.calibration == id).order_by(reviews.c.grader)
    return [_review(row._mapping) for row in await connection.execute(wanted)]


async def calibrations(connection: AsyncConnection, limit: int) -> list[list[Review]]:
    """The reviews of the latest comparisons, the latest first."""
    latest = (
        select(reviews.c.calibration, func.max(reviews.c.made_at).label("at"))
        .where(reviews.c.calibration != "")
        .group_by(reviews.c.calibration)
        .order_by(func.max(reviews.c.made_at).desc(), reviews.c.calibration)
        .limit(limit)
    )
    ids = list((await connection.execute(latest)).scalars())
    found: dict[str, list[Review]] = {id: [] for id in ids}
    rows = await connection.execute(select(*_COLUMNS).where(reviews.c.calibration.in_(ids)).order_by(reviews.c.grader))
    for row in rows:
        found[row.calibration].append(_review(row._mapping))
    return list(found.values())


async def draft(connection: AsyncConnection, id: str) -> Content:
    return _decode((await connection.execute(select(reviews.c.draft).where(reviews.c.id == id))).scalar_one())


async def keep_draft(connection: AsyncConnection, id: str, content: Content) -> None:
    await connection.execute(update(reviews).where(reviews.c.id == id).values(draft=_encode(content)))


async def steps(connection: AsyncConnection, ids: Collection[str]) -> Mapping[str, tuple[Step, ...]]:
    """What was done with each of these, in order."""
    found: dict[str, tuple[Step, ...]] = dict.fromkeys(ids, ())
    wanted = select(review_steps).where(review_steps.c.review.in_(ids)).order_by(review_steps.c.number)
    for row in await connection.execute(wanted):
        facts = dict(row._mapping)
        review, content = facts.pop("review"), facts.pop("content")
        step = Step(**facts | {"deed": Deed(row.deed), "content": None if content is None else _decode(content)})
        found[review] += (step,)
    return found


async def take(connection: AsyncConnection, review: Review, state: State, step: Step, score: Score | None) -> Review:
    """Adds a step, after which the review is in this state; with the score of a new version."""
    row = asdict(step) | {"review": review.id, "deed": step.deed.value}
    row["content"] = None if step.content is None else _encode(step.content)
    await connection.execute(insert(review_steps), [row])
    changed = replace(review, state=state)
    if score is not None:
        changed = replace(changed, score=score.total, fatal=bool(score.fatal))
    if step.deed is Deed.SUBMIT:
        changed = replace(changed, submitted_at=step.at)
    values = {name: getattr(changed, name) for name in ("score", "fatal", "submitted_at")}
    await connection.execute(update(reviews).where(reviews.c.id == review.id).values(state=state.value, **values))
    return changed


async def forget_words(connection: AsyncConnection, call: str) -> None:
    """Takes out what graders and the agent wrote about a call. Answers and scores stay."""
    mine = (await connection.execute(select(reviews.c.id, reviews.c.draft).where(reviews.c.call == call))).all()
    for row in mine:
        await keep_draft(connection, row.id, replace(_decode(row.draft), remarks=()))
    of = review_steps.c
    written = select(of.review, of.number, of.content).where(of.review.in_([row.id for row in mine]))
    for step in (await connection.execute(written)).all():
        content = None if step.content is None else _encode(replace(_decode(step.content), remarks=()))
        changed = update(review_steps).where(of.review == step.review, of.number == step.number)
        await connection.execute(changed.values(reasons="", content=content))


def _review(row: Any) -> Review:
    return Review(**{**row, "state": State(row["state"])})


def _encode(content: Content) -> dict[str, Any]:
    return asdict(content)


def _decode(data: Mapping[str, Any]) -> Content:
    return Content(data["answers"], tuple(Remark(**remark) for remark in data["remarks"]))
