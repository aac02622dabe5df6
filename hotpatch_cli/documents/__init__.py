"""YAML and JSON read as positioned trees, and codecs that turn trees into values.

Every scalar stays the text that the user wrote; types come from the codec, never from the syntax.
"""
