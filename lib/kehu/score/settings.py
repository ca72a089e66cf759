"""Windows and limits of the indices."""

from __future__ import annotations

from dataclasses import dataclass

PEERS = ("channel", "level", "city")
"""Columns of `customers` that may make peers."""


@dataclass(frozen=True)
class Settings:
    """How far the indices look back, and who counts as a peer.

    Parameters
    ----------
    answer_days : int
        Days after which a survey answer no longer counts, 1 or more.
    half_life : int
        Days after which an answer weighs half of a fresh one, 1 or more.
    engagement_days : int
        Window of engagement in days, 1 or more.
    judgement_days : int
        Days for which a strategic judgement is valid, 1 or more.
    damping : float
        Factor per step beyond direct referral, 0…1.
    levels : int
        Steps of referral followed, 1 or more.
    peer_columns : tuple of str
        Columns of `PEERS`, the most important first; none: all customers are peers.
    peer_min : int
        Customers a peer group has at least, 1 or more.
    """

    answer_days: int = 730
    half_life: int = 365
    engagement_days: int = 90
    judgement_days: int = 730
    damping: float = 0.5
    levels: int = 5
    peer_columns: tuple[str, ...] = PEERS
    peer_min: int = 30

    def __post_init__(self) -> None:
        days = ("answer_days", "half_life", "engagement_days", "judgement_days", "levels")
        for name in (*days, "peer_min"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        if not 0 <= self.damping <= 1:
            raise ValueError(f"damping must be from 0 to 1, got {self.damping}")
        chosen = self.peer_columns
        if not set(chosen) <= set(PEERS) or len(set(chosen)) < len(chosen):
            raise ValueError(f"peer_columns must be different ones of {PEERS}, got {chosen}")
