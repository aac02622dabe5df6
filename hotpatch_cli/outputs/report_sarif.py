"""The report as SARIF 2.1.0: waived findings are suppressed, never dropped, so that no alert closes
and opens again.
"""

import json
from typing import Any

from hotpatch_cli import __version__
from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.outputs.ci_findings import (
    CiFinding,
    ci_findings,
    file_of,
    stand_in,
    uri_of,
)
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.report import Reason, Report

SCHEMA = (
    "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"
)
_MOST_RESULTS = 25_000
"""https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning"""
FINGERPRINT = "machineAndRule/v1"
GITHUB_FINGERPRINT = "primaryLocationLineHash"
"""The only one that code scanning of GitHub and Azure DevOps reads; without it they hash lines,
which people edit.
"""


def render_sarif(report: Report, _options: ViewOptions = PLAIN) -> str:
    """The report as SARIF, one result a finding; machines without a finding are in the counts of
    the run alone.
    """
    findings = list(ci_findings(report))
    rules = {finding.code: _rule(finding) for finding in findings}
    order = {code: at for at, code in enumerate(rules)}
    driver: dict[str, Any] = {
        "name": "hotpatch",
        "fullName": f"hotpatch {__version__}",
        "semanticVersion": __version__,
        "rules": list(rules.values()),
    }
    invocation: dict[str, Any] = {"executionSuccessful": True, "exitCode": report.gate.exit_code}
    if report.general:  # what is said of the run is no result of a machine
        driver["notifications"] = [_descriptor(reason.rule) for reason in report.general]
        invocation["toolExecutionNotifications"] = [
            _notification(at, reason) for at, reason in enumerate(report.general)
        ]
    head: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": _category(report)},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "properties": {
            "as_of": str(report.as_of),
            "summary": report.counts,
            "fail_on": list(report.gate.fail_on),
            "notes": list(report.notes),
        },
    }
    run = {**head, "results": [_result(finding, order[finding.code]) for finding in findings]}
    return (
        json.dumps(
            {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=True, indent=1
        )
        + "\n"
    )


def too_many_results(report: Report) -> str | None:
    """A sentence on a report that code scanning doesn't take; None for any other."""
    count = sum(1 for _ in ci_findings(report))
    if count <= _MOST_RESULTS:
        return None
    return (
        f"The SARIF log has {count:,} results. GitHub rejects a run with more than "
        f"{_MOST_RESULTS:,}: check parts of the fleet, or use --only."
    )


def _category(report: Report) -> str:
    """What is checked. Uploads of one category replace each other: two fleets of a repository have
    two. A slash ends it.
    """
    first = report.machines[0].machine.origin.locate("name") if report.machines else None
    source = first and (file_of(first) or stand_in(first))
    return f"hotpatch/{uri_of(report.fleet.name or source or 'fleet').replace('/', '-')}/"


def _notification(at: int, reason: Reason) -> dict[str, Any]:
    descriptor = {"id": reason.rule.code, "index": at}
    return {"descriptor": descriptor, "level": reason.level, "message": {"text": reason.message}}


def _rule(finding: CiFinding) -> dict[str, Any]:
    if finding.reason is None:
        title = f"The track state of the machine is {finding.checked.judgment.track.state}"
        return {  # all that GitHub requires of a rule
            "id": finding.code,
            "shortDescription": {"text": title},
            "fullDescription": {"text": f"{title}, and --fail-on names it."},
            "help": {
                "text": "Give the build with its revision, such as 26100.1742, "
                "and the KBs that are installed."
            },
            "defaultConfiguration": {"level": "error"},
        }
    return _descriptor(finding.reason.rule)


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.meaning},
        "help": {"text": _help(rule), "markdown": _help(rule)},
        "helpUri": rule.source,
        "defaultConfiguration": {"level": rule.level},
        "properties": {"tags": ["hotpatch", *rule.platforms]},
    }


def _help(rule: Rule) -> str:
    remedies = "\n\n".join((rule.remedy, *rule.remedies.values()))
    return f"{rule.meaning}\n\nTo do: {remedies}\n\nSource, read on {rule.read}: {rule.source}"


def _result(finding: CiFinding, at: int) -> dict[str, Any]:
    machine, judgment = finding.checked.machine, finding.checked.judgment
    location: dict[str, Any] = {"logicalLocations": [_logical(machine.label, machine.id)]}
    # GitHub requires a file and a line of every result, also of standard input and of Azure.
    uri = uri_of(file_of(finding.place) or stand_in(finding.place))
    region = {"startLine": finding.place.line or 1, "startColumn": finding.place.column or 1}
    location["physicalLocation"] = {"artifactLocation": {"uri": uri}, "region": region}
    return {
        "ruleId": finding.code,
        "ruleIndex": at,
        "level": finding.level,
        "message": {"text": finding.sentence},
        "locations": [location],
        "partialFingerprints": {
            FINGERPRINT: finding.fingerprint,
            GITHUB_FINGERPRINT: finding.fingerprint,
        },
        **_covered(finding),
        "properties": {
            "machine": machine.label,
            "verdict": judgment.verdict,
            "track": judgment.track.state,
            "outcome": finding.checked.outcome,
        },
    }


def _logical(label: str, identity: str | None) -> dict[str, str]:
    return {
        "name": label,
        "kind": "resource",
        **({"fullyQualifiedName": identity} if identity else {}),
    }


def _covered(finding: CiFinding) -> dict[str, Any]:
    """What a waiver or the known findings say, in SARIF's words."""
    if finding.cover is None:
        return {"suppressions": []}
    if finding.cover.kind == "known":
        return {"suppressions": [], "baselineState": "unchanged"}
    why = f"{finding.cover.reason} (owner {finding.cover.owner}, until {finding.cover.expires})"
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": why}]}
