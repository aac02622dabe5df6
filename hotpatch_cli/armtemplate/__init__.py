"""Expressions of Azure Resource Manager templates, resolved as far as the template alone tells."""
