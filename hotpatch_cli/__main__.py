"""`python -m hotpatch_cli` is `hotpatch`."""

from hotpatch_cli.cli import main

main()
