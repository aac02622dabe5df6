"""Remedies as steps: every command gets a line, and every name reaches its program as it is."""

import re
import subprocess
from collections.abc import Mapping

import pytest
from tree_sitter import Language, Node, Parser
from tree_sitter_powershell import language

from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.model import Facts, Location, Machine, Placement
from hotpatch_cli.outputs.remedy_commands import command, filled, names_of, steps
from tests.outputs.page.fleets import HOSTILE

RULES = load_knowledge(()).rules.values()
REMEDIES = [text for rule in RULES for text in (rule.remedy, *rule.remedies.values())]
NAMES = (
    *(name for name in HOSTILE if name.isprintable()),
    "a'b",
    "'; touch x; '",
    "$(touch x)",
    "`touch x`",
    'a"b & echo | x > y',
    "’; touch x; ‘",
    "two words",
    "\\",
    "räksmörgås",
    "a''b",
)
AZ = "az vm start --resource-group <resource-group> --name <vm>"
POWERSHELL = "Start-VM -ComputerName <resource-group> -Name <vm>"


class _Origin:
    def locate(self, _field: str) -> Location:
        return Location("fleet.yaml")


def machine(name: str, identifier: str | None = None) -> Machine:
    """A machine of a name."""
    return Machine(name, Facts(), _Origin(), id=identifier, label=name)


def line(text: str, names: Mapping[str, str]) -> str:
    """A command with its values."""
    return " ".join(filled(command(text), names))


@pytest.mark.parametrize("remedy", REMEDIES)
def test_every_word_of_a_remedy_is_kept(remedy: str) -> None:
    """Nothing of a remedy is lost, and a command with a blank is a line of its own."""
    found = steps(remedy)
    said = " ".join(
        [step.prose for step in found]
        + [line_ for step in found for made in step.commands for line_ in filled(made, {})]
    )
    for code in re.findall(r"`([^`]*)`", remedy):
        for word in re.sub(r"(?<= )<(vm|scale-set)>", "", code).split():
            assert word in said
    for step in found:
        assert not re.search(r"`az [^`]* --[^`]*`", step.prose)


def test_the_names_of_an_identifier() -> None:
    """The subscription, the resource group and the name come from the resource id."""
    identifier = (
        "/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/w"
    )
    assert names_of(machine("other", identifier)) == {
        "vm": "w",
        "machine": "w",
        "subscription": "s-1",
        "resource-group": "rg",
    }
    assert line(AZ, names_of(machine("other", identifier))) == (
        "az vm start --resource-group rg --name w --subscription s-1"
    )


def test_what_is_not_known_stays_a_blank() -> None:
    """Without a resource id no resource group and no subscription is made up."""
    assert line(AZ, names_of(machine("w"))) == (
        "az vm start --resource-group <resource-group> --name w"
    )


def test_the_region_of_a_placement() -> None:
    """The region is that of the machine."""
    placed = machine("w")._replace(placement=Placement(region="uksouth"))
    assert names_of(placed)["region"] == "uksouth"


def test_a_new_machine_does_not_get_the_name_of_the_old_one() -> None:
    """What a command creates is named by the reader."""
    made = line("az vm create --resource-group <resource-group> --name <vm>", {"vm": "old"})
    assert made == "az vm create --resource-group <resource-group> --name <new-vm>"


@pytest.mark.parametrize("name", NAMES)
def test_bash_passes_a_hostile_name_on_as_one_argument(name: str) -> None:
    """Run for real, with a function in the place of az, the arguments are the names."""
    made = line(AZ, {"vm": name, "resource-group": name})
    script = f"az() {{ printf '%s\\0' \"$@\"; }}\n{made}\n"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    words = ["vm", "start", "--resource-group", name, "--name", name]
    assert done.stdout.split("\0") == [*words, ""]


_LITERAL = re.compile("""'[^'‘’‚‛]*'|"['‘’‚‛]+\"""")


@pytest.mark.parametrize("name", NAMES)
def test_a_command_for_bash_is_harmless_in_powershell(name: str) -> None:
    """Outside of literals, of which PowerShell expands nothing, there is only the command itself:
    a name may become several arguments there, but never code.
    """
    made = line(AZ, {"vm": name, "resource-group": name})
    assert re.fullmatch(r"[A-Za-z0-9 _.-]*", _LITERAL.sub("", made))


@pytest.mark.parametrize("name", NAMES)
def test_powershell_passes_a_hostile_name_on_as_one_argument(name: str) -> None:
    """A parser of PowerShell finds one command, and nothing to run inside of it."""
    made = line(POWERSHELL, {"vm": name, "resource-group": name})
    tree = Parser(Language(language())).parse(made.encode())
    assert not tree.root_node.has_error
    kinds = [node.type for node in _below(tree.root_node)]
    assert kinds.count("command") == 1
    assert not {"sub_expression", "variable", "redirection"} & set(kinds)


def _below(node: Node) -> list[Node]:
    return [node, *(found for child in node.children for found in _below(child))]


@pytest.mark.parametrize("name", ["-x", "--help", "a\nb", "\u202egnp.exe", ""])
def test_a_name_that_no_shell_can_take_is_left_out(name: str) -> None:
    """An option, or more than one visible line, never becomes a part of a command."""
    assert "vm" not in names_of(machine(name))


def test_a_name_inside_an_address_is_encoded() -> None:
    """In an address only letters that are safe there, and in both shells, are left."""
    made = line('az rest --url "https://host/<resource-group>/x"', {"resource-group": 'a"$(b)'})
    assert made == 'az rest --url "https://host/a%22%24%28b%29/x"'


def test_a_name_inside_another_literal_is_plain_or_missing() -> None:
    """Inside quotation marks nothing is filled in that could end them."""
    text = """az rest --body '{"location":"<region>"}'"""
    assert line(text, {"region": "uksouth"}) == """az rest --body '{"location":"uksouth"}'"""
    assert line(text, {"region": "a'b"}) == text
