"""Can this machine hotpatch? Small functions from facts, matrix and day to findings; then the
verdict.
"""
