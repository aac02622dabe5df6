"""The hotpatch track of a machine: its state, its next update, and what makes it restart."""
