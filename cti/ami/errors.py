"""What can go wrong with an action."""

from __future__ import annotations


class AmiError(Exception):
    """An action was not carried out, or nobody knows whether it was. ``do`` is what helps, where that is known."""

    def __init__(self, why: str = "", do: str = "") -> None:
        super().__init__(why)
        self.do = do


class AmiDown(AmiError):
    """There is no link to Asterisk, or it dropped before the answer. Nothing is sent again."""


class AmiRefused(AmiError):
    """Asterisk said no; the text is Asterisk's."""


class AmiTimeout(AmiError):
    """No answer within the deadline. The action may still be carried out."""
