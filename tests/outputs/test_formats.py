"""The registry of formats: every name leads to a renderer, and help texts are made of the names."""

import inspect
from importlib import import_module
from typing import Any

import pytest

from hotpatch_cli.outputs import formats

REGISTRIES = {name: value for name, value in vars(formats).items() if isinstance(value, dict)}
RENDERERS = [
    pytest.param(renderer, id=f"{name}-{form}")
    for name, registry in REGISTRIES.items()
    if name.endswith("_FORMATS")
    for form, renderer in registry.items()
]


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_format_names_a_renderer_of_a_content_and_options(renderer: Any) -> None:
    """The module and the function of each format exist, and the function takes what there is to
    show and the options of the view.
    """
    named = inspect.getclosurevars(renderer).nonlocals
    module = import_module(f"hotpatch_cli.outputs.{named['module']}")
    parameters = inspect.signature(getattr(module, named["function"])).parameters
    assert list(parameters)[1].lstrip("_") == "options"
    assert len(parameters) == 2
