"""Runs of a target under bounds, and what counts as a finding."""

import hashlib
import re
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from fuzz.program import BugError
from fuzz.targets import Target

MAX_CPU_SECONDS = 5.0
"""Processor time of one run; inputs are small, so that a run takes hundredths of a second."""
LEAST_RUNS = 10
"""Runs of a target whose time is too short for more."""
MAX_MEMORY = 4 * 2**30
"""Address space of a process that fuzzes: an input that needs more is a finding."""
_FRAME = re.compile(r'File ".*?(hotpatch_cli/[^"]+)", line (\d+), in (\S+)')
_ERROR = re.compile(r"^([A-Za-z_][\w.]*)(?:: (.*))?$", re.MULTILINE)
_SHOWN = 160


class TooLongError(BaseException):
    """A run took more than its processor time. No handler of the program takes it."""


class Finding(NamedTuple):
    """A kind of failure, the shortest input that was seen to cause it, and how often it came."""

    kind: str
    what: str
    data: bytes
    times: int = 1


class Watch:
    """Runs a target on inputs and keeps one input for each kind of failure."""

    def __init__(self, target: Target, last: Path | None, until: float, runs: int) -> None:
        self.target = target
        self.last = last
        self.until = until
        self.runs = runs
        self.count = 0
        self.slowest = 0.0
        self.findings: dict[str, Finding] = {}
        if hasattr(signal, "SIGPROF"):
            signal.signal(signal.SIGPROF, _stop)

    @property
    def is_over(self) -> bool:
        """Whether time or runs are used up. Starting may take all the time: a few runs are made
        nevertheless, so that no target passes without one.
        """
        if 0 < self.runs <= self.count:
            return True
        return self.count >= LEAST_RUNS and time.time() >= self.until

    def run(self, data: bytes) -> Finding | None:
        """Run the target on an input; the finding, where there is one."""
        if self.last is not None:
            self.last.write_bytes(data)
        self.count += 1
        began = time.process_time()
        try:
            with _bounded():
                self.target.run(data)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  whatever a reader lets through is a finding
            return self._noted(error, data)
        finally:
            self.slowest = max(self.slowest, time.process_time() - began)
        return None

    def _noted(self, error: BaseException, data: bytes) -> Finding:
        found = _finding(error, data)
        known = self.findings.get(found.kind)
        if known is not None:
            shorter = data if len(data) < len(known.data) else known.data
            found = known._replace(data=shorter, times=known.times + 1)
        self.findings[found.kind] = found
        return found


def limit_memory() -> None:
    """Bound the memory of this process, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))


def store(finding: Finding, folder: Path, name: str, suffix: str) -> Path:
    """Write the input of a finding to a file that is named after its content."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(finding.data).hexdigest()[:8]
    path = folder / f"{name}-{digest}{suffix}"
    path.write_bytes(finding.data)
    return path


def _stop(*_: Any) -> None:
    raise TooLongError


@contextmanager
def _bounded() -> Iterator[None]:
    """A run with a bound on its processor time, which other load doesn't change."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, MAX_CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _finding(error: BaseException, data: bytes) -> Finding:
    text = "".join(traceback.format_exception(error))
    if isinstance(error, BugError):
        text = str(error)
    frames = list(_FRAME.finditer(text))
    file, line, function = frames[-1].groups() if frames else ("", "", "")
    if isinstance(error, TooLongError):
        what = f"more than {MAX_CPU_SECONDS:g} s in {function}"
        return Finding(f"too long in {file}", what, data)
    raised = _ERROR.search(text, frames[-1].end()) if frames else None
    if isinstance(error, BugError) and raised is not None:
        kind, message = raised[1], raised[2] or ""
    else:
        kind, message = type(error).__name__, str(error)
    message = message.encode("ascii", "backslashreplace").decode()[:_SHOWN]
    where = f" at {file}:{line} in {function}" if frames else f": {message[:40]}"
    return Finding(kind + where, message, data)
