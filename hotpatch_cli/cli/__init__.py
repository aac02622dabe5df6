"""The command line: each command parses its options, runs one use case, renders, and gives an exit
code.
"""

import gc
import sys

_ALLOCATIONS = 200_000
"""Rarely looking for garbage makes a short run a few percent shorter; what this program makes has
hardly any cycles.
"""


def main() -> None:
    """Run the program. Exit codes: 0, 1, 2, 3, 4 as documented; 70 for a bug; 130 when stopped by
    the user, and 143 by SIGTERM.
    """
    gc.set_threshold(_ALLOCATIONS)
    from hotpatch_cli.cli import standard_streams, stop_signals

    stop_signals.listen()
    standard_streams.prepare()
    from hotpatch_cli.documents.run_files import run_files
    from hotpatch_cli.errors import InputError

    try:
        from hotpatch_cli.cli.root import app  # may be interrupted too, which is 130

        with run_files():
            app(prog_name="hotpatch")  # also as `python -m hotpatch_cli`
    except InputError as error:
        if (code := stop_signals.exit_code()) is not None:
            sys.exit(code)
        from hotpatch_cli.cli.console import show_problems

        show_problems(error)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:  # noqa: BLE001  the one place where a bug becomes its exit code, with its traceback
        if (code := stop_signals.exit_code()) is not None:  # what a library made of the signal
            sys.exit(code)
        import traceback

        from hotpatch_cli.documents.redaction import redacted

        print(redacted(traceback.format_exc()), end="", file=sys.stderr)  # noqa: T201
        print("This is a bug in hotpatch. Please report it with the lines above.", file=sys.stderr)  # noqa: T201
        sys.exit(70)
