"""The judgment on one profile of facts: verdict, track, next baseline, and every finding.

Thousands of machines share a profile: a judgment is computed once for each (see `Judge`).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import NamedTuple

from hotpatch_cli.eligibility import images, prerequisites
from hotpatch_cli.eligibility.contradictions import confront
from hotpatch_cli.eligibility.os_type import system_of
from hotpatch_cli.eligibility.product import product_of, products_named
from hotpatch_cli.knowledge.records import Knowledge, Matrix, Product, Release, Rule
from hotpatch_cli.model import Facts, Finding, Verdict
from hotpatch_cli.servicing.history import Baseline, History
from hotpatch_cli.servicing.installation import Installed, identify
from hotpatch_cli.servicing.offers import Offers, sorted_offers
from hotpatch_cli.servicing.pending import waiting_findings
from hotpatch_cli.servicing.restart import Cause, causes, next_baseline
from hotpatch_cli.servicing.track import Track, no_track, standard_update, track, unknown_track

_WORST_FIRST: tuple[Verdict, ...] = ("unsupported", "action-required", "unknown")
Check = Callable[[Facts, Matrix, date], Iterator[Finding]]

_IMAGE: tuple[Check, ...] = (images.check_image, images.check_end)
_FIRST: dict[str, tuple[Check, ...]] = {
    "azure": _IMAGE,
    "azure-local": _IMAGE,
    "arc": (images.check_system, images.check_end),
}
_THEN: dict[str, tuple[Check, ...]] = {
    "azure": (
        images.check_region,
        prerequisites.check_azure,
        prerequisites.check_boot,
        prerequisites.check_state,
    ),
    "azure-local": (
        prerequisites.check_azure_local,
        prerequisites.check_boot,
        prerequisites.check_state,
    ),
    "arc": (prerequisites.check_arc, prerequisites.check_state),
}


class Judgment(NamedTuple):
    """The result for a profile of facts. `verdict` is None for a machine that is not Windows:
    skipped.

    `next_baseline` is the one to install next, which is out where it is due; `coming_baseline` is
    after the as-of day.
    """

    verdict: Verdict | None
    product: Product | None = None
    track: Track = Track(None)
    next_baseline: Baseline | None = None
    causes: tuple[Cause, ...] = ()
    findings: tuple[Finding, ...] = ()
    coming_baseline: Baseline | None = None


class Judge:
    """Judges profiles with the knowledge of a day, each distinct profile once."""

    def __init__(
        self,
        knowledge: Knowledge,
        as_of: date,
        scenario: Iterable[Release] = (),
        *,
        image_only: bool = False,
    ) -> None:
        """`scenario` are the releases of a `--what-if` scenario, which are treated as released.

        With `image_only`, no machine exists yet: only the image is judged, and nothing restarts.
        """
        self.knowledge = knowledge
        self.as_of = as_of
        self._scenario = tuple(scenario)
        self._image_only = image_only
        self.updates = {
            row.kb: row.product for row in knowledge.releases if row.kb and row.component is None
        }
        self._judged: dict[Facts, Judgment] = {}
        self._histories: dict[Product, History] = {}

    def judge(self, facts: Facts) -> Judgment:
        """The judgment on a profile."""
        known = self._judged.get(facts)
        if known is None:
            known = self._judged[facts] = self._judge(facts)
        return known

    def history(self, product: Product) -> History:
        """The releases of a product as of the day."""
        if product not in self._histories:
            self._histories[product] = History(self.knowledge, product, self.as_of, self._scenario)
        return self._histories[product]

    def _judge(self, facts: Facts) -> Judgment:
        if is_skipped(facts) or facts.platform is None:
            return Judgment(None)
        conflicts = list(confront(facts, self.knowledge.matrix, self.updates))
        first = [*self._run(_FIRST[facts.platform], facts), *conflicts]
        shape = [] if self._image_only else self._run((images.check_shape,), facts)
        product = product_of(facts, self.knowledge.matrix, self.updates)
        if any(self._stops(finding) for finding in first):
            certain = [
                finding
                for finding in (*first, *shape)
                if self._rule(finding).verdict == "unsupported" or finding in conflicts
            ]
            return self._unsupported(facts, certain)
        history = self.history(product) if product else None
        if self._image_only:
            following = history.planned_after(self.as_of) if history else None
            findings = _ordered(first, self._level)
            return Judgment(
                self._verdict(first), product, no_track(), following, (), findings, following
            )
        rest = [*shape, *self._run(_THEN[facts.platform], facts)]
        possible = identify(facts, history) if history else Installed()
        if possible.known:
            rest = [
                finding
                for finding in rest
                if finding.code != "HP403" or finding.variant == "unreadable"
            ]
        verdict = self._verdict((*first, *rest))
        offers = self._offers(facts, history)
        if history is not None:
            place = track(facts, possible, history, verdict, offers)
        else:
            place = unknown_track(facts, _no_product(conflicts))
        findings = (*first, *rest, *place.findings, *waiting_findings(facts, place, offers))
        coming = history.planned_after(self.as_of) if history and verdict != "unsupported" else None
        following = next_baseline(place, history) if history and verdict != "unsupported" else None
        if following is not None:
            findings += tuple(prerequisites.reboot_never(facts, following))
        due = causes(verdict, facts, place, history, offers) if history else ()
        return Judgment(
            verdict, product, place, following, due, _ordered(findings, self._level), coming
        )

    def _offers(self, facts: Facts, history: History | None) -> Offers:
        """The pending updates, sorted by the releases of the product; without a known product, by
        their titles.
        """
        return sorted_offers(facts.pending, history.out if history else ())

    def _unsupported(self, facts: Facts, findings: list[Finding]) -> Judgment:
        """The judgment on an unsupported image or Windows version; no rule that depends on it is
        raised.

        An image that a pipeline builds never restarts. Where facts name two products, a restart
        that both share is certain.
        """
        named = products_named(facts, self.knowledge.matrix, self.updates)
        product = named[0] if len(named) == 1 else None
        restarts = not self._image_only and facts.built is None
        outcomes = {self._standard_restart(facts, candidate) for candidate in named if restarts}
        place, due = outcomes.pop() if len(outcomes) == 1 else (no_track(), ())
        return Judgment("unsupported", product, place, None, due, _ordered(findings, self._level))

    def _standard_restart(self, facts: Facts, product: Product) -> tuple[Track, tuple[Cause, ...]]:
        """The next standard update of an ineligible machine, and the causes of its restart."""
        history = self.history(product)
        possible, offers = identify(facts, history), self._offers(facts, history)
        place = no_track(standard_update(possible, history, offers), possible)
        return place, causes("unsupported", facts, place, history, offers)

    def _run(self, checks: Iterable[Check], facts: Facts) -> list[Finding]:
        findings: list[Finding] = []
        for check in checks:
            findings += check(facts, self.knowledge.matrix, self.as_of)
        return findings

    def _rule(self, finding: Finding) -> Rule:
        return self.knowledge.rules[finding.code]

    def _level(self, finding: Finding) -> str:
        return self._rule(finding).level_of(finding.variant)

    def _stops(self, finding: Finding) -> bool:
        return self._rule(finding).stops and self._level(finding) == "error"

    def _verdict(self, findings: Iterable[Finding]) -> Verdict:
        """The worst verdict among findings; warnings and notes have none."""
        verdicts = {self._rule(finding).verdict_of(finding.variant) for finding in findings}
        return next((verdict for verdict in _WORST_FIRST if verdict in verdicts), "ready")


def is_skipped(facts: Facts) -> bool:
    """Whether a machine is known not to run Windows. It is counted but not judged."""
    return system_of(facts) == "linux"


def _no_product(conflicts: list[Finding]) -> str:
    if conflicts:
        return "the facts name different Windows versions"
    return "the Windows Server version is unknown"


def _ordered(findings: Iterable[Finding], level: Callable[[Finding], str]) -> tuple[Finding, ...]:
    """Errors first, then warnings, then notes; by code within each."""
    order = ("error", "warning", "note").index
    return tuple(sorted(findings, key=lambda finding: (order(level(finding)), finding.code)))
