"""The verb customer: what the site's own cards say of the caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from ivr.node import Link, Longest, Measure, Name, Node
from ivr.questions import WhoCalls
from ivr.verbs.data import NewField
from ivr.walk import Ask, Steps, Walk

CUSTOMER_S = 1.0
"""Seconds to look a caller up, before he counts as nobody's."""

OnCard = Literal["name", "email", "level", "region", "department", "owner"]


class Customer(Node):
    """Looks the caller's number up among the customers, and saves what stands on the card.

    ``customer`` maps a field of the call's data to a text of the card. One that is empty is not there
    afterwards; where several customers have the number, only what they have alike counts. The call
    goes to ``otherwise`` if the number is nobody's, if its customers have nothing alike, or if there is
    no answer within 1 s.
    """

    verb = "customer"
    customer: Annotated[Mapping[NewField, OnCard], Field(min_length=1, max_length=10)]
    next: Name
    otherwise: Name

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)
        yield Link(("otherwise",), self.otherwise)

    def sets(self) -> Mapping[str, tuple[str, ...]]:
        return dict.fromkeys(self.customer, ())

    def longest(self, measure: Measure) -> Longest:
        return Longest(0, CUSTOMER_S)

    def walk(self, walk: Walk) -> Steps:
        for name in self.customer:
            walk.data.pop(name, None)
        card = yield Ask(WhoCalls(walk.caller), CUSTOMER_S)
        if not isinstance(card, Mapping) or not card:
            return self.otherwise
        walk.data.update({name: card[key] for name, key in self.customer.items() if card.get(key)})
        return self.next
