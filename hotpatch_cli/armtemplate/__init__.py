"""Azure Resource Manager templates, resolved as far as the template allows; see README.md."""

from hotpatch_cli.armtemplate.functions import HERE
from hotpatch_cli.armtemplate.nodes import Nodes
from hotpatch_cli.armtemplate.template import (
    ResolvedTemplate,
    TemplateProblem,
    TemplateResource,
    is_template,
    resolve,
)

__all__ = [
    "HERE",
    "Nodes",
    "ResolvedTemplate",
    "TemplateProblem",
    "TemplateResource",
    "is_template",
    "resolve",
]
