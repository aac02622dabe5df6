"""The report as JUnit XML: one test case a machine, so that nothing that was checked looks as if it
had not been.
"""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from hotpatch_cli.outputs.ci_findings import aside, file_of, silent_code
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.report import Checked, Report

_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Report, _options: ViewOptions = PLAIN) -> str:
    """A suite of all machines: what fails is a failure, unknown an error; waived, known and not
    Windows are skipped.
    """
    root = Element("testsuites", name="hotpatch")
    suite = SubElement(root, "testsuite", name=_xml(report.fleet.name or "hotpatch"))
    for checked in report.machines:
        _case(suite, checked)
    if report.gate.exit_code and not suite.findall("testcase/failure") + suite.findall(
        "testcase/error"
    ):
        case = SubElement(
            suite, "testcase", name="machines that are not shown", classname="hotpatch", time="0"
        )
        SubElement(case, "failure", message=_hidden(report), type="hidden")
    for machine in report.skipped:
        case = SubElement(
            suite, "testcase", name=_xml(machine.label), classname="hotpatch.skipped", time="0"
        )
        SubElement(case, "skipped", message="It does not run Windows.")
    for element in (root, suite):
        element.set("tests", str(len(suite)))
        for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if kind != "skipped" or element is suite:
                element.set(kind, str(len(suite.findall(f"testcase/{tag}"))))
        element.set("time", "0")
    said = [
        *(f"{reason.rule.code} {reason.level}: {reason.message}" for reason in report.general),
        *report.notes,
    ]
    if said:
        SubElement(suite, "system-out").text = _xml("\n".join(said))
    indent(root, " ")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{tostring(root, encoding='unicode')}\n"


def _hidden(report: Report) -> str:
    """What counts and is not among the machines that are shown."""
    counting = [reason for reason in report.general if reason.level == "error"]
    if counting:
        return " ".join(f"{reason.rule.code} {reason.message}" for reason in counting)
    return "Machines that count are left out by --only."


def _case(suite: Element, checked: Checked) -> None:
    machine = checked.machine
    place = machine.origin.locate("name")
    case = SubElement(suite, "testcase", name=_xml(machine.label), time="0")
    case.set("classname", f"hotpatch.{machine.facts.platform or 'unknown'}")
    file = file_of(place)
    if file is not None:
        case.set("file", _xml(file))
        case.set("line", str(place.line))
    verdict, state = checked.judgment.verdict or "", checked.judgment.track.state
    said = f"{verdict}, {state}" if state else verdict
    tag = {"fails": "failure", "undecided": "error", "waived": "skipped", "known": "skipped"}.get(
        checked.outcome
    )
    if tag is not None:
        element = SubElement(case, tag, message=_xml(_headline(checked, said)))
        element.set("type", verdict)
        if tag != "skipped":
            element.text = _xml(_reasons_text(checked))
    if tag in (None, "skipped"):
        SubElement(case, "system-out").text = _xml(f"{said}\n{_reasons_text(checked)}".strip())


def _headline(checked: Checked, said: str) -> str:
    """The verdict, and the codes that count; those that are covered where none does."""
    covered = [reason for reason in checked.reasons if reason.suppressed]
    named = (
        [reason for reason in checked.reasons if reason.counts] or covered
        if checked.outcome != "undecided"
        else []
    )
    codes = list(dict.fromkeys(reason.rule.code for reason in named)) or list(checked.codes)
    if checked.outcome == "fails" and not named:
        codes = [silent_code(checked)]
    word = f" ({checked.outcome})" if checked.outcome in ("waived", "known") else ""
    return f"{said}{word}: {' '.join(codes)}"


def _reasons_text(checked: Checked) -> str:
    lines = []
    for reason in checked.reasons:
        file, line, column = reason.location
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        message = " ".join(filter(None, (reason.message, aside(reason))))
        lines.append(f"{reason.rule.code} {reason.level}: {message}")
        lines += [f"  {place}", f"  To do: {reason.remedy}"]
    return "\n".join(lines)


def _xml(text: str) -> str:
    """Text without what XML 1.0 cannot hold in any writing: such a character is shown as its
    escape.
    """
    return _NOT_XML.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
