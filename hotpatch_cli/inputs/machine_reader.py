"""Machines from nodes that have the keys of an inventory, whatever source they come from."""

from typing import Any

from hotpatch_cli.documents.tree import Log, Mapping
from hotpatch_cli.inputs.fields import MACHINE, by_holder
from hotpatch_cli.inputs.source import NodeOrigin, repeated
from hotpatch_cli.model import Facts, Location, Machine, OsType, Placement


class MachineReader:
    """Reads machines, and shares what they have in common: equal facts are one value.

    With `unique` no two have the same name; otherwise their ids distinguish them.
    """

    def __init__(self, log: Log, *, unique: bool = True) -> None:
        self.log = log
        self.unique = unique
        self.machines: list[Machine] = []
        self._marks: dict[str, int] = {}
        self._facts: dict[Facts, Facts] = {}
        self._placements: dict[Placement, Placement] = {}

    def read(
        self,
        node: Any,
        mark: int,
        supposed: tuple[str, ...] = (),
        os_type: OsType | None = None,
        defaulted: tuple[str, ...] = (),
    ) -> None:
        """Add the machine of a node, or note what is wrong with it.

        `supposed` are fields that no source states, and `defaulted` those of an inventory's
        defaults; `os_type` is what a table has beside the fields of an inventory.
        """
        fields = MACHINE.read(node, mark, self.log)
        name = node.get("name") if isinstance(node, Mapping) and self.unique else None
        if isinstance(name, str):
            self._note_repeated(name, node.at("name"))
        if fields is not None:
            machine = self._machine(fields, node, os_type)
            if supposed or defaulted:
                machine = machine._replace(supposed=supposed, defaulted=defaulted)
            self.machines.append(machine)

    def _note_repeated(self, name: str, mark: int) -> None:
        if name not in self._marks:
            self._marks[name] = mark
            return
        document = self.log.document
        first = document.position(self._marks[name])
        problem = repeated(name, first.file, first.line, Location(*document.position(mark)))
        self.log.add(mark, problem.message, problem.remedy)

    def _machine(self, fields: dict[str, Any], node: Mapping, os_type: OsType | None) -> Machine:
        # a container is judged as one, whatever image it is made from
        if container := fields.pop("container", None):
            fields["image"] = container
        holders = by_holder(fields)
        facts = Facts(**holders.facts, os_type=os_type)
        placement = Placement(**holders.placement)
        return Machine(
            **holders.machine,
            facts=self._facts.setdefault(facts, facts),
            placement=self._placements.setdefault(placement, placement),
            origin=NodeOrigin(self.log.document, node),
        )
