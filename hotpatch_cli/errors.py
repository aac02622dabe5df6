"""What went wrong with an input or a command line: the values of `documents`, for all packages."""

from hotpatch_cli.documents.problems import SHOWN_AT_MOST, InputError, Problem, refuse

__all__ = ["SHOWN_AT_MOST", "InputError", "Problem", "refuse"]
