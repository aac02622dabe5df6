"""From the names of sources to documents: what is not plain JSON or YAML is brought to a tree
first.

Each such kind has a module with `open_document(name)`, imported when a name or a text asks for it.
"""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from hotpatch_cli.documents.files import opened, parse, read_document, read_text
from hotpatch_cli.documents.run_files import is_file
from hotpatch_cli.documents.tree import Document, Mapping
from hotpatch_cli.errors import InputError, Problem, refuse
from hotpatch_cli.inputs.text_kind import text_kind
from hotpatch_cli.inputs.unread_text import require_data

OPENERS = {
    ".bicep": "templates.bicep",
    ".bicepparam": "templates.bicep",
    ".hcl": "others.hcl",
    ".tf": "others.hcl",
    ".tfvars": "others.hcl",
    ".parquet": "tables.parquet",
    ".ods": "tables.workbook",
    ".xls": "tables.workbook",
    ".xlsm": "tables.workbook",
    ".xlsx": "tables.workbook",
}
"""Suffix of a file -> module of this package that opens it."""

_BEGINNINGS = {b"PAR1": "tables.parquet", b"PK\x03\x04": "tables.workbook"}
"""First bytes of a file that is no text -> module of this package that opens it."""
_PACKER = ".pkr.hcl"
_PARAMETERS = "/deploymentParameters.json"
_TEMPLATE = "deploymentTemplate.json"


def open_documents(names: Iterable[str], problems: list[Problem]) -> list[Document]:
    """The documents of sources; parameters files go with their templates. What is wrong goes to
    `problems`.
    """
    documents: list[Document] = []
    parameters: list[Document] = []
    for name in names:
        try:
            document = open_document(name)
        except InputError as error:
            problems += error.problems
            continue
        (parameters if _schema_ends(document, _PARAMETERS) else documents).append(document)
    templates = [document for document in documents if _schema_ends(document, _TEMPLATE)]
    problems += _paired(templates, parameters)
    return _with_variables(documents)


def _with_variables(documents: list[Document]) -> list[Document]:
    """The documents, of which Packer's in one folder share their variables and locals, as Packer
    reads a folder; a file with nothing else has no machine of its own.
    """
    folders: dict[Path, list[Document]] = {}
    for document in documents:
        if document.file.lower().endswith(_PACKER):
            folders.setdefault(Path(document.file).parent, []).append(document)
    left_out: list[Document] = []
    for together in folders.values():
        building = [document for document in together if document.root.get("source")]
        left_out += [document for document in together if building and document not in building]
        for document in building:
            for other in together if len(together) > 1 else ():
                for kind in ("variable", "locals"):
                    _add_missing(document.root[kind], other.root[kind])
    return [document for document in documents if document not in left_out]


def _add_missing(target: Mapping, other: Mapping) -> None:
    for name, node in other.items():
        if name not in target:
            target.put(name, node, target.mark, target.mark)


def open_document(name: str) -> Document:
    """The tree of one source; `-` is standard input, `azure:` the service itself. Raises
    InputError.
    """
    if name.startswith("azure:"):
        from hotpatch_cli.inputs import live

        return live.open_document(name)
    module = OPENERS.get(Path(name).suffix.lower()) or _by_beginning(name)
    if module is None:
        return _opened(*read_text(name))
    document: Document = import_module(f"hotpatch_cli.inputs.{module}").open_document(name)
    return document


def _by_beginning(name: str) -> str | None:
    """The module for a file that is no text, whatever it is called."""
    try:
        if name == "-" or not Path(name).is_file():  # of a pipe nothing may be read before its time
            return None
    except (OSError, ValueError):  # a name that no file can have: reading it reports that
        return None
    with opened(name) as stream:
        return _BEGINNINGS.get(stream.read(4))


def _opened(file: str, text: str) -> Document:
    """The tree of a text, by its kind. Raises InputError."""
    require_data(file, text)
    match text_kind(file, text):
        case "csv":
            from hotpatch_cli.documents.csv_text import parse_csv

            return parse_csv(file, text)
        case "guest":
            from hotpatch_cli.inputs.others.guest_text import open_text

            return open_text(file, text)
        case "jsonl":
            from hotpatch_cli.documents.json_text import parse_json_lines

            return parse_json_lines(file, text)
        case _:
            return parse(file, text)


def _schema_ends(document: Document, ending: str) -> bool:
    schema = document.root.get("$schema") if isinstance(document.root, Mapping) else None
    return isinstance(schema, str) and schema.rstrip("#").lower().endswith(ending.lower())


def _paired(templates: list[Document], parameters: list[Document]) -> list[Problem]:
    """Give templates their parameters: the file that was named, or `main.parameters.json` beside
    `main.json`.
    """
    if len(parameters) > 1:
        message = "A template can be checked with only one parameters file at a time."
        return [
            Problem(
                parameters[1].file,
                None,
                None,
                message,
                "Run the command once for each parameters file.",
            )
        ]
    if parameters and not templates:
        message = "This is a parameters file, but its template is missing."
        return [
            Problem(
                parameters[0].file, None, None, message, "Add the template to the command line."
            )
        ]
    for template in templates:
        template.companion = parameters[0] if parameters else _beside(template)
    return []


def _beside(template: Document) -> Document | None:
    """The parameters file beside a template, by its usual name."""
    path = Path(template.file)
    beside = path.with_name(f"{path.stem}.parameters.json")
    try:
        parameters = read_document(str(beside)) if is_file(beside) else None
    except (OSError, ValueError) as error:
        raise refuse(str(beside), f"Can't read the file: {error}.") from None
    is_parameters = parameters is not None and _schema_ends(parameters, _PARAMETERS)
    return parameters if is_parameters else None
