"""Restarts saved: hotpatch months less those that a machine is known to lose."""

from datetime import date

import pytest

from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.servicing.calendar import year_of
from hotpatch_cli.servicing.history import Baseline
from hotpatch_cli.servicing.savings import saved_by, savings
from hotpatch_cli.servicing.track import Track

KNOWLEDGE = load_knowledge()
ENTRIES = year_of(KNOWLEDGE, 2025, date(2025, 12, 15)).entries["ws2025"]


def release(kb: str) -> object:
    """A release of the shipped data."""
    return next(row for row in KNOWLEDGE.releases if row.kb == kb and row.product == "ws2025")


def test_a_year_of_four_baselines_saves_eight() -> None:
    """2025 had twelve monthly updates of WS2025, of which four were baselines."""
    assert savings(ENTRIES) == (12, 4, 8, 0)


@pytest.mark.parametrize(
    ("state", "kb", "baseline", "saved"),
    [
        ("current", "KB5072014", None, 8),
        ("behind", "KB5068966", None, 8),
        ("current", "KB5072014", date(2025, 10, 14), 8),
        ("off-track", "KB5072359", date(2025, 10, 14), 6),
        ("unknown", None, None, 8),
        ("off-track", "KB5072359", None, 6),
        ("baseline-due", "KB5065474", date(2025, 10, 14), 6),
    ],
)
def test_what_a_machine_saves(
    state: str, kb: str | None, baseline: date | None, saved: int
) -> None:
    """Off the track since November, or October's baseline not installed: November and December are
    lost.
    """
    track = Track(
        state,  # type: ignore[arg-type]
        release(kb) if kb else None,  # type: ignore[arg-type]
        baseline=Baseline(baseline, planned=True) if baseline else None,
    )
    following = Baseline(date(2026, 1, 13), planned=True)
    assert saved_by(track, following, ENTRIES, date(2025, 12, 15)) == saved
