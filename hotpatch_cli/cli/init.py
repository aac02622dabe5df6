"""`hotpatch init`: a commented inventory to start from."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import ConfigOption, Quiet
from hotpatch_cli.cli.output_targets import output_option
from hotpatch_cli.cli.request import RequestCommand, option
from hotpatch_cli.documents.run_files import exists

_ADVICE = (
    "# An export has no maintenance windows. Uncomment and edit the following lines. Then add\n"
    "# `timezone` and `window`, and optionally `groups` and `ring`, to the machines or defaults.\n"
)

_SCHEMA = "hotpatch.schema.json"
_MODELINE = f"# yaml-language-server: $schema={_SCHEMA}\n"
"""The line by which editors with the YAML language server find the schema of a file."""

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class InitRequest(NamedTuple):
    """Write a commented inventory to start from, or one with the machines of an export.

    Beside a file, the schema is written by which editors complete its keys.
    """

    output: Annotated[str, output_option("yaml", "New file; - is standard output.")] = "-"
    exports: Annotated[
        list[str] | None,
        option(
            "--from-azure",
            "FILE",
            "Azure export to start from, such as `az vm list -o json`. Repeatable.",
        ),
    ] = None
    quiet: Quiet = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the inventory, and never overwrite a file. Raises InputError."""
        from hotpatch_cli.cli.atomic_write import write_all
        from hotpatch_cli.cli.console import deliver
        from hotpatch_cli.errors import refuse
        from hotpatch_cli.outputs.schemas import schema_text

        if self.output != "-" and exists(self.output):
            advice = "Specify another file. Nothing was overwritten."
            raise refuse(self.output, "The file already exists.", advice)
        starter = files("hotpatch_cli.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
        text = _from_exports(self.exports, starter, self) if self.exports else starter
        text = _MODELINE + text
        if self.output == "-":
            deliver(text, self.output)
            return
        written = {self.output: text}
        schema = str(Path(self.output).with_name(_SCHEMA))
        if not exists(schema):
            written[schema] = schema_text("inventory")
        write_all(written.items())
        conclude("", written, quiet=self.quiet)


def _from_exports(exports: list[str], starter: str, request: InitRequest) -> str:
    """The machines of exports, and in comments the windows that no export has."""
    from hotpatch_cli.cli.convert import ConvertRequest, converted
    from hotpatch_cli.inputs.source_files import source_files

    convert = ConvertRequest(exports, request.output, quiet=request.quiet)
    text = converted(convert, source_files(exports))
    if "\nwindows:" in text:  # the export has maintenance windows
        return text
    times = starter[starter.index("windows:") : starter.index("machines:")].strip()
    commented = "".join(f"# {line}".rstrip() + "\n" for line in times.splitlines())
    return text.replace("\nmachines:\n", f"\n{_ADVICE}{commented}\nmachines:\n", 1)
