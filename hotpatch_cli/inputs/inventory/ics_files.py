"""Calendar files beside an inventory."""

from pathlib import Path
from typing import Any

from hotpatch_cli.documents.codec import sentence
from hotpatch_cli.documents.tree import Log


def read_events_beside(name: str, mark: int, log: Log) -> Any:
    """The events of an .ics file, with a path relative to the inventory; None with a problem."""
    from hotpatch_cli.documents.files import read_text
    from hotpatch_cli.errors import InputError
    from hotpatch_cli.schedule.ics_events import read_events

    path = Path(log.document.file).parent / name
    try:
        return read_events(read_text(str(path))[1])
    except InputError as error:
        log.problems.extend(error.problems)
    except ValueError as error:
        log.add(mark, f"{path}: {sentence(error)}")
    return None
