"""Where exported configurations go, and what is said of them."""

from pathlib import Path

from hotpatch_cli.cli.console import deliver, say, write_whole
from hotpatch_cli.outputs.maintenance_json import render_files, render_list
from hotpatch_cli.use_cases.export import Export, hotpatched_in_azure


def deliver_configurations(found: Export, output: str) -> None:
    """A list to standard output or a file; a file for each configuration into a folder that is
    there.
    """
    if output == "-" or not Path(output).is_dir():
        deliver(render_list(found.configurations), output)
        return
    for name, text in render_files(found.configurations).items():
        write_whole(Path(output) / name, text)


def tell(found: Export, *, quiet: bool) -> None:
    """What could not be written, always; what to know of the rest, unless quiet."""
    for sentence in found.refused:
        say(f"Not written: {sentence}")
    for sentence in found.notes:
        say(sentence, quiet=quiet)
    if machines := hotpatched_in_azure(found):
        from hotpatch_cli.knowledge.cache import load_knowledge

        rule = load_knowledge().rules["HP204"]
        names = ", ".join(each.label for each in machines[:5])
        more = f" and {len(machines) - 5} more" if len(machines) > 5 else ""  # noqa: PLR2004  a line has room for so many
        say(
            f"HP204 ({names}{more}): a schedule of yours needs that flag. {rule.sentences['default'].strip()}",
            quiet=quiet,
        )
        say(f"See {rule.source} (read {rule.read}), and `hotpatch explain HP204`.", quiet=quiet)
