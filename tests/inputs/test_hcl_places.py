"""The places of blocks in HCL are found in linear time."""

from time import perf_counter

from hotpatch_cli.inputs.others.hcl import _tree


def test_many_labels() -> None:
    """Twenty thousand variables and locals are found where they stand, in seconds."""
    names = [f"v{number}" for number in range(20_000)]
    text = "\n".join(f'variable "{name}" {{}}' for name in names)
    text += "\nlocals {\n" + "\n".join(f'{name} = "a"' for name in names) + "\n}\n"
    parsed = {
        "variable": [{f'"{name}"': {}} for name in names],
        "locals": [dict.fromkeys(names, "a")],
    }
    started = perf_counter()
    tree = _tree(parsed, text)
    assert perf_counter() - started < 60
    assert tree["variable"].at("v19999") == text.index('variable "v19999"')
    assert text[tree["locals"].at("v19999") :].startswith('"a"\n}')
