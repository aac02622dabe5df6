"""Pending updates that aren't delivered as hotpatches (HP306), and a pending restart (HP308)."""

from collections.abc import Iterator

from hotpatch_cli.knowledge.records import STANDARD
from hotpatch_cli.model import Facts, Finding, make_finding
from hotpatch_cli.servicing.history import day_of
from hotpatch_cli.servicing.offers import Offers
from hotpatch_cli.servicing.track import Track


def waiting_findings(facts: Facts, place: Track, offers: Offers) -> Iterator[Finding]:
    """HP306 and HP308."""
    if offers.others:
        updates = ", ".join(dict.fromkeys(map(str, offers.others)))
        yield make_finding("HP306", seen={"pending": updates}, updates=updates)
    if facts.restart_pending:
        yield _restart(place)


def _restart(place: Track) -> Finding:
    """HP308, with the update that the restart completes, and what to do after it."""
    waiting, baseline = place.pending_restart, place.baseline
    seen = {"restart_pending": True}
    if waiting is None:
        return make_finding("HP308", seen=seen)
    if baseline is not None and day_of(waiting) < baseline.date:
        return make_finding("HP308", "finish_due", seen=seen, kb=waiting.name, baseline=baseline)
    variant = "finish_off" if waiting.kind in STANDARD else "finish"
    return make_finding("HP308", variant, seen=seen, kb=waiting.name)
