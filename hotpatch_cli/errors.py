"""Problems of an input or a command line, for all packages: the values of `documents`."""

from hotpatch_cli.documents.problems import (
    SHOWN_AT_MOST,
    EmptyInputError,
    InputError,
    Problem,
    refuse,
)

__all__ = [
    "SHOWN_AT_MOST",
    "EmptyInputError",
    "InputError",
    "Problem",
    "missing_package",
    "refuse",
]


def missing_package(file: str, what: str, extra: str, otherwise: str = "") -> InputError:
    """A refusal: `what` requires a package of the optional dependencies `extra`."""
    remedy = f"Run: pip install 'hotpatch-cli[{extra}]'{otherwise}."
    return refuse(file, f"{what} requires an optional package.", remedy)
