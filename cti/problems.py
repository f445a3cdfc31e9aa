"""What an answer of the API is that says no, as the API's description has it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class Place(BaseModel):
    """What is wrong at one place of a request: ``where`` as in ``body.name``."""

    where: str
    what: str


class Problem(BaseModel):
    """What is wrong, in words; ``problems`` of a request that is not as it should be."""

    error: str
    problems: list[Place] = []


_MEANS = {
    400: "The request cannot be read",
    401: "Nobody is logged in",
    403: "This is not for you",
    404: "There is no such thing, or it is not yours",
    409: "This cannot be done now",
    410: "It was deleted",
    413: "The request is too long",
    416: "There is no such part of it",
    422: "The request is not as it should be",
    429: "Too many requests; Retry-After says when to try again",
    500: "It cannot be read",
    502: "It is not as it was written",
    503: "Something that is needed cannot be reached",
}

Responses = dict[int | str, dict[str, Any]]


def errors(*statuses: int) -> Responses:
    """These statuses, for the ``responses`` of a route or router."""
    return {status: {"model": Problem, "description": _MEANS[status]} for status in statuses}


ANYWHERE = errors(400, 401, 403, 413, 422, 429)
"""What any route may answer that is not open to all."""
