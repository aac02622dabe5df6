"""Mutation: which small faults in the rules would the fast tests notice?

    python tools/mutation.py                     # every package, a sample of each
    python tools/mutation.py servicing --seed 7 --sample 300

Each mutant is one change of one expression: a comparison turned, a number one higher, a condition
negated. The tests are collected once. A first run under coverage tells which tests touch which
line; each mutant then runs in a process of its own, with the tests that touch its function,
the quickest first, until one fails. The sources on disk never change.

A mutant that no test can notice, since it means the same, stands with its reason in
`mutation_equivalents.yaml`, and is not counted. Needs fork (Linux, macOS).
"""

import argparse
import ast
import contextlib
import copy
import functools
import gc
import importlib
import os
import random
import select
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

import coverage
import pytest
import yaml

_ROOT = Path(__file__).resolve().parent.parent
_SOURCE = _ROOT / "hotpatch_cli"
PACKAGES = {
    "rules": ("eligibility",),
    "servicing": ("servicing",),
    "schedule": ("schedule",),
    "restarts": ("restarts.py",),
    "gate": ("gate/outcome.py",),
}
_EQUIVALENTS = Path(__file__).with_name("mutation_equivalents.yaml")
# The tests that can notice: they run in this process, so that coverage sees what they touch.
_OPTIONS = ["-m", "not slow", "-n", "0", "-p", "no:cacheprovider", "-q"]

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Mutant(NamedTuple):
    """One change: where it stands, what was there, and what stands there instead."""

    path: Path
    line: int
    owner: str  # The outermost function, as Class.function; empty for a constant of the module.
    before: str
    after: str
    code: CodeType  # The whole module with the change.

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a row of the equivalents names: it outlives a move to another line."""
        return self.path.relative_to(_SOURCE).as_posix(), self.owner, self.before, self.after

    def __str__(self) -> str:
        place = f"{self.path.relative_to(_ROOT)}:{self.line}"
        return f"{place} {self.owner}\n    {self.before}\n    {self.after}"


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    """What may stand instead of an expression."""
    match node:
        case ast.Compare(ops=[*ops]):
            for index, operator in enumerate(ops):
                for other in _COMPARISONS.get(type(operator), ()):
                    changed = copy.copy(node)
                    changed.ops = [*ops[:index], other(), *ops[index + 1 :]]
                    yield changed
        case ast.BoolOp(op=operator, values=values):
            other = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield ast.BoolOp(other, values)
            for index in range(len(values)):
                rest = values[:index] + values[index + 1 :]
                yield ast.BoolOp(operator, rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(op=operator, left=left, right=right) if type(operator) in _ARITHMETIC:
            yield ast.BinOp(left, _ARITHMETIC[type(operator)](), right)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in _CALLS:
            yield ast.Call(ast.Name(_CALLS[name], ast.Load()), args, keywords)
        case ast.Call(func=ast.Name(id="sorted" | "reversed"), args=[first, *_]):
            yield ast.Call(ast.Name("list", ast.Load()), [first], [])
        case _:
            pass


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """What may stand instead of a statement."""
    match node:
        case ast.If(test=test, body=body, orelse=orelse) if not isinstance(test, ast.Compare):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Return(value=ast.expr() as value) if not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case _:
            pass


def _places(
    node: ast.AST, owner: str, *, inside: bool = False
) -> Iterator[tuple[str, ast.AST, str, int | None, ast.AST]]:
    """Every place of a tree that can change: owner, parent, field, position, the node there.

    Texts, types, and what is raised are left alone: a word in a message is no rule.
    """
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert):
        return
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "type_params", "args", "bases"} and (
            not isinstance(node, ast.Call)
        ):
            continue
        many = isinstance(value, list)
        for index, child in enumerate(value if many else [value]):
            if not isinstance(child, ast.AST):
                continue
            name, within = owner, inside
            if isinstance(child, ast.ClassDef | ast.FunctionDef) and not inside:
                name = f"{owner}.{child.name}" if owner else child.name
                within = isinstance(child, ast.FunctionDef)
            # The body of a class is built at import: only its functions can be changed in memory.
            if inside or not owner:
                yield owner, node, field, index if many else None, child
            yield from _places(child, name, inside=within)


def _short(node: ast.AST) -> str:
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 110 else f"{text[:107]}..."


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its lines."""
    tree = ast.parse(path.read_text("utf-8"), str(path))
    for owner, parent, field, index, node in list(_places(tree, "")):
        if not owner and not isinstance(node, ast.Constant):
            continue
        others: Iterable[ast.AST] = ()
        if isinstance(node, ast.expr):
            others = _expressions(node)
        elif isinstance(node, ast.stmt):
            others = _statements(node)
        for other in others:
            ast.copy_location(other, node)
            ast.fix_missing_locations(other)
            siblings = getattr(parent, field)
            before, after = _short(node), _short(other)
            if index is None:
                setattr(parent, field, other)
            else:
                siblings[index] = other
            code = compile(tree, str(path), "exec")
            if index is None:
                setattr(parent, field, node)
            else:
                siblings[index] = node
            yield Mutant(path, getattr(node, "lineno", 0), owner, before, after, code)


def _code_named(code: CodeType, qualified: str) -> CodeType | None:
    """The code of a function by its qualified name."""
    for constant in code.co_consts:
        if not isinstance(constant, CodeType):
            continue
        if constant.co_qualname == qualified:
            return constant
        if qualified.startswith(f"{constant.co_qualname}."):
            return _code_named(constant, qualified)
    return None


def _module_of(path: Path) -> ModuleType:
    parts = path.relative_to(_ROOT).with_suffix("").parts
    return importlib.import_module(".".join(parts).removesuffix(".__init__"))


def apply_mutant(mutant: Mutant) -> bool:
    """Change the program that runs in this process; False where nothing of it is in memory."""
    module = _module_of(mutant.path)
    if not mutant.owner:
        return _change_constants(module, mutant)
    new = _code_named(mutant.code, mutant.owner)
    changed = False
    for function in gc.get_objects():
        if (
            isinstance(function, FunctionType)
            and function.__code__.co_filename == str(mutant.path)
            and function.__code__.co_qualname == mutant.owner
            and new is not None
            and function.__code__.co_freevars == new.co_freevars
        ):
            function.__code__ = new
            changed = True
    for cached in gc.get_objects():
        if isinstance(cached, functools._lru_cache_wrapper) and (
            cached.__module__ or ""
        ).startswith("hotpatch_cli"):
            cached.cache_clear()
    return changed


def _change_constants(module: ModuleType, mutant: Mutant) -> bool:
    """Give every module that holds a constant of this one its new value."""
    fresh: dict[str, Any] = {**vars(module)}
    names = [
        target.id
        for statement in ast.parse(mutant.path.read_text("utf-8")).body
        if isinstance(statement, ast.Assign)
        and statement.lineno <= mutant.line <= (statement.end_lineno or 0)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]
    if not names:
        return False
    exec(mutant.code, fresh)  # noqa: S102 - our own source with one change, to get its constants
    for name in names:
        old, new = getattr(module, name), fresh[name]
        for other in list(sys.modules.values()):
            space = getattr(other, "__dict__", {})
            for key in [key for key, value in space.items() if value is old and key == name]:
                setattr(other, key, new)
    return True


@dataclass(frozen=True)
class TestLines:
    """Which tests touch which function, and how long each test took, in seconds."""

    touching: dict[tuple[str, str], frozenset[int]]
    seconds: list[float]


def _run(item: pytest.Item) -> bool:
    """Whether a test passes in this process, now."""
    before = item.session.testsfailed
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    return item.session.testsfailed == before


def _in_child(task: Callable[[], bytes], seconds: float) -> bytes | None:
    """What a task answers in a process of its own; None where it has no end."""
    receive, send = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(receive)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        answer = b"error"
        with contextlib.suppress(BaseException):
            answer = task()
        with os.fdopen(send, "wb") as pipe:
            pipe.write(answer)
        os._exit(0)
    os.close(send)
    parts: list[bytes] = []
    until = time.monotonic() + seconds
    with os.fdopen(receive, "rb", buffering=0) as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return None
            part = pipe.read(1 << 20)
            if not part:
                break
            parts.append(part)
    os.waitpid(pid, 0)
    return b"".join(parts)


def _owners(path: Path) -> list[tuple[int, int, str]]:
    """First line, last line and qualified name of each outermost function of a file."""
    spans = []

    def walk(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                walk(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef):
                # The line of `def` itself runs at import, whatever test imports it.
                spans.append((node.lineno + 1, node.end_lineno or 0, f"{prefix}{node.name}"))

    walk(ast.parse(path.read_text("utf-8")).body, "")
    return spans


def _measured(items: list[pytest.Item], files: list[Path]) -> bytes:
    """Run all tests once and tell, as text, what each touches and how long it takes."""
    cover = coverage.Coverage(include=[str(path) for path in files], data_file=None)
    cover.start()
    rows = []
    for number, item in enumerate(items):
        cover.switch_context(str(number))
        begin = time.perf_counter()
        passed = _run(item)
        rows.append(f"{time.perf_counter() - begin:.4f} {int(passed)}")
    cover.stop()
    data = cover.get_data()
    touched = []
    for path in files:
        by_line = data.contexts_by_lineno(str(path))
        for first, last, owner in _owners(path):
            numbers = {n for line in range(first, last + 1) for n in by_line.get(line, ()) if n}
            touched.append(f"{path}\t{owner}\t{' '.join(sorted(numbers))}")
    return ("\n".join(rows) + "\n\n" + "\n".join(touched)).encode()


def _parsed(answer: bytes, items: list[pytest.Item]) -> TestLines:
    rows, _, touched = answer.decode().partition("\n\n")
    seconds, failed = [], []
    for number, row in enumerate(rows.splitlines()):
        length, passed = row.split()
        seconds.append(float(length))
        if passed == "0":
            failed.append(number)
    if failed:
        names = "\n".join(items[number].nodeid for number in failed[:5])
        sys.exit(f"{len(failed)} tests fail without any mutant:\n{names}")
    touching = {}
    for line in touched.splitlines():
        path, owner, numbers = line.split("\t")
        touching[path, owner] = frozenset(map(int, numbers.split()))
    return TestLines(touching, seconds)


class _Runner:
    """A plugin of pytest: it runs mutants where pytest would run the tests."""

    def __init__(self, packages: Iterable[str], sample: int, seed: int) -> None:
        self.packages = packages
        self.sample = sample
        self.seed = seed
        self.survivors = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.config.pluginmanager.unregister(name="terminalreporter")
        files = {name: _files(name) for name in self.packages}
        every = [path for paths in files.values() for path in paths]
        begin = time.monotonic()
        answer = _in_child(lambda: _measured(session.items, every), 3600)
        assert answer is not None
        lines = _parsed(answer, session.items)
        print(f"{len(session.items)} tests run once in {time.monotonic() - begin:.0f} s", flush=True)
        for package, paths in files.items():
            self._judge(package, paths, session.items, lines)
        return True

    def _judge(
        self, package: str, paths: list[Path], items: list[pytest.Item], lines: TestLines
    ) -> None:
        begin = time.monotonic()
        known = _equivalents()
        everything = [mutant for path in paths for mutant in mutants_of(path)]
        counted = [mutant for mutant in everything if mutant.key not in known]
        order = random.Random(self.seed)
        sample = order.sample(counted, min(self.sample, len(counted)))
        outcomes: Counter[str] = Counter()
        by_file = defaultdict(frozenset)
        for (path, _), numbers in lines.touching.items():
            by_file[path] |= numbers
        for mutant in sorted(sample, key=lambda mutant: (mutant.path, mutant.line)):
            key = (str(mutant.path), mutant.owner)
            numbers = lines.touching.get(key, frozenset()) if mutant.owner else by_file[key[0]]
            ordered = sorted(numbers, key=lambda number: lines.seconds[number])
            # A mutant that takes three times as long as the program has no end.
            limit = 20 + 3 * sum(lines.seconds[number] for number in ordered)
            outcome = _outcome(mutant, [items[number] for number in ordered], limit)
            outcomes[outcome] += 1
            if outcome == "survived":
                print(f"survived: {mutant}", flush=True)
        judged = outcomes["killed"] + outcomes["endless"] + outcomes["survived"]
        share = 1 - outcomes["survived"] / judged if judged else 1.0
        self.survivors += outcomes["survived"]
        print(
            f"{package}: {len(everything)} mutants, {len(everything) - len(counted)} equivalent, "
            f"{len(sample)} sampled with seed {self.seed}: {outcomes['killed']} killed, "
            f"{outcomes['endless']} endless, {outcomes['survived']} survived, "
            f"{outcomes['not applied']} not applied, {share:.1%} noticed, "
            f"{time.monotonic() - begin:.0f} s",
            flush=True,
        )


def _outcome(mutant: Mutant, items: list[pytest.Item], limit: float) -> str:
    def task() -> bytes:
        if not apply_mutant(mutant):
            return b"not applied"
        return b"survived" if all(_run(item) for item in items) else b"killed"

    answer = _in_child(task, limit)
    if answer is None:
        return "endless"
    return "killed" if answer == b"error" else answer.decode()


def _files(package: str) -> list[Path]:
    roots = [_SOURCE / part for part in PACKAGES[package]]
    return [path for root in roots for path in (sorted(root.rglob("*.py")) or [root])]


def _equivalents() -> set[tuple[str, str, str, str]]:
    rows = yaml.safe_load(_EQUIVALENTS.read_text("utf-8")) or []
    return {(row["file"], row["owner"], row["before"], row["after"]) for row in rows}


def main() -> int:
    """Judge the packages that the command line names."""
    parser = argparse.ArgumentParser(description="Which small faults would the fast tests notice?")
    parser.add_argument("package", nargs="*", choices=[[], *PACKAGES], default=[])
    parser.add_argument("--sample", type=int, default=150, help="mutants of a package")
    parser.add_argument("--seed", type=int, default=1, help="which mutants")
    parser.add_argument("--tests", nargs="*", default=["tests"], help="folders of tests to run")
    options = parser.parse_args()
    runner = _Runner(options.package or list(PACKAGES), options.sample, options.seed)
    pytest.main([*options.tests, *_OPTIONS], plugins=[runner])
    return 1 if runner.survivors else 0


if __name__ == "__main__":
    sys.exit(main())
