"""The generated pages are those of the program as it is now, and their examples are right."""

import json
import re
from pathlib import Path

import pytest

from hotpatch_cli.inputs.fields import FACTS, Fact
from hotpatch_cli.inputs.inventory.keys import SECTIONS, TOP, WINDOWS, Section
from hotpatch_cli.knowledge.concepts import Concept, load_concepts
from hotpatch_cli.knowledge.records import KINDS
from hotpatch_cli.model import TRACK_STATES, VERDICTS
from hotpatch_cli.outputs.schemas import SCHEMAS
from tests.conftest import Hotpatch
from tools.reference import DOCS, PAGES

AS_OF = "2025-12-15"
"""The day of the examples in the concepts."""
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//example//EN
BEGIN:VEVENT
UID:1@example
DTSTAMP:20260101T000000Z
DTSTART:20260117T220000Z
DTEND:20260118T020000Z
END:VEVENT
END:VCALENDAR
"""
KEYS = [(section, name) for section in SECTIONS for name in section.fields]
WRITTEN = [fact for fact in FACTS if fact.written]
CONCEPTS = load_concepts()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_up_to_date(page: str) -> None:
    """A generated page is what `python tools/reference.py` writes now."""
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page]()


# --- keys ----------------------------------------


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_every_key_has_an_example(section: Section) -> None:
    """Keys and examples of a section are the same ones, in the same order."""
    assert list(section.keys) == list(section.fields)


def loads(hotpatch: Hotpatch, inventory: str) -> None:
    """An inventory with a machine is accepted, with whatever verdict."""
    for name in ("windows.ics", "freezes.ics"):
        hotpatch.write(name, ICS.replace("\n", "\r\n"))
    done = hotpatch.check(inventory, "--fail-on", "never")
    assert done.code == 0, f"{inventory}\n{done.err}"


@pytest.mark.parametrize(("section", "name"), KEYS, ids=lambda part: getattr(part, "title", part))
def test_the_example_of_a_key_loads(hotpatch: Hotpatch, section: Section, name: str) -> None:
    """An inventory with the key as the reference shows it is accepted."""
    lines = [f"{name}: {section.keys[name].example}", *needed(section, name)]
    indent = re.search(r"( *)\{key\}", section.around)
    assert indent is not None
    inventory = section.around.format(key=f"\n{indent[1]}".join(lines))
    if not (section is TOP and name == "machines"):
        inventory += "\nmachines: [{name: web01, platform: azure}]\n"
    for kind, form in (("groups", "{{{}: {{}}}}"), ("rings", "[{{name: {}}}]")):
        named = re.search(rf"(?m)^    {kind}: \[(\w+)\]", inventory)
        if named:
            inventory += f"{kind}: " + form.format(named[1]) + "\n"
    loads(hotpatch, inventory)


def needed(section: Section, name: str) -> list[str]:
    """The keys without which one key makes no whole window, freeze or ring."""
    others: tuple[str, ...] = ()
    if section is WINDOWS and name != "ics":
        recurrence = () if name in ("rrule", "azure", "patch_tuesday", "days") else ("days",)
        others = (*recurrence, "start", "duration")
    elif section.title == "freezes":
        others = ("name",) if name == "ics" else ("name", "from", "to")
    elif section.title == "rings":
        others = ("name",)
    return [f"{other}: {section.keys[other].example}" for other in others if other != name]


@pytest.mark.parametrize("fact", WRITTEN, ids=lambda fact: fact.path)
def test_the_example_of_a_fact_loads(hotpatch: Hotpatch, fact: Fact) -> None:
    """A machine with the fact as the reference shows it is accepted."""
    group, _, name = fact.path.rpartition(".")
    stated = f"{group}: {{{name}: {fact.example}}}" if group else f"{name}: {fact.example}"
    rest = {"name": "web01", "platform": "azure"}
    lines = [stated, *(f"{key}: {value}" for key, value in rest.items() if key != fact.path)]
    parts = {
        "window": '{%s: {days: [Sat], start: "22:00", duration: 4h}}',
        "groups": "{%s: {max_unavailable: 1}}",
        "ring": "[{name: %s}]",
    }
    inventory = "machines:\n  - " + "\n    ".join(lines) + "\n"
    if fact.path in parts:
        key = {"window": "windows", "ring": "rings"}.get(fact.path, fact.path)
        inventory += f"{key}: {parts[fact.path] % fact.example}\n"
    loads(hotpatch, inventory)


# --- concepts ----------------------------------------


def test_the_concepts_are_the_terms_of_the_program() -> None:
    """Eight to twelve terms, and the words of the sets are those that the program prints."""
    assert 8 <= len(CONCEPTS) <= 12
    assert set(CONCEPTS["verdict"].words) == set(VERDICTS)
    assert set(CONCEPTS["track"].words) == set(TRACK_STATES)
    assert set(CONCEPTS["baseline"].words) == set(KINDS) - {"general-availability"}
    assert set(CONCEPTS["next-restart"].words) == restart_reasons()


def restart_reasons() -> set[str]:
    """The reasons of a restart in the schema of reports."""
    schema = json.dumps(SCHEMAS["report"]())
    reasons = re.search(r'\["restart-pending"[^]]*\]', schema)
    assert reasons is not None
    return set(json.loads(reasons[0]))


@pytest.mark.parametrize("concept", CONCEPTS.values(), ids=lambda concept: concept.name)
def test_a_concept_is_short_and_shows_something(concept: Concept) -> None:
    """A term has two to four sentences, and a picture, an example or a command."""
    prose = concept.text.partition("\n\n")[0]
    assert 2 <= len(re.findall(r"[.](?:\s|$)", prose)) <= 4
    assert "```" in concept.text or "{{" in concept.text


def examples(concept: Concept) -> list[str]:
    """The YAML of a concept."""
    return re.findall(r"```yaml\n(.*?)```", concept.text, re.DOTALL)


@pytest.mark.parametrize("concept", CONCEPTS.values(), ids=lambda concept: concept.name)
def test_the_example_of_a_concept_loads(hotpatch: Hotpatch, concept: Concept) -> None:
    """The YAML of a concept is an inventory, or a waiver file, that is accepted."""
    for example in examples(concept):
        if example.startswith("waivers:"):
            hotpatch.write("waivers.yaml", example)
            inventory = "machines: [{name: img01, platform: azure}]"
            done = hotpatch.check(inventory, "--fail-on", "never", "--waivers", "waivers.yaml")
            assert done.code == 0, done.err
        else:
            loads(hotpatch, example)


@pytest.mark.parametrize("name", ["verdict", "track"])
def test_the_example_has_each_word_of_the_set(hotpatch: Hotpatch, name: str) -> None:
    """The machines of the example have the verdicts, or the track states, of their comments."""
    example = examples(CONCEPTS[name])[0]
    stated = dict(re.findall(r"name: (\w+).*# ([a-z-]+)$", example, re.MULTILINE))
    machines = hotpatch.check(example).machines
    found = {
        label: machine["verdict"] if name == "verdict" else machine["track"]["state"]
        for label, machine in machines.items()
    }
    assert stated == found
    assert set(stated.values()) == set(CONCEPTS[name].words)


def test_the_year_is_that_of_the_release_data() -> None:
    """The picture of a year has a letter for each month, and a restart for each baseline."""
    page = Path(DOCS / "concepts.md").read_text(encoding="utf-8")
    assert re.search(
        r"^2025 +B +h +h +B +h +h +B +h +h +B +h +h\nrestart( +x){4}$", page, re.MULTILINE
    )
