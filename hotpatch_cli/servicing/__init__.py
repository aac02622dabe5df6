"""Where a machine stands on the hotpatch track, what it installs next, and what makes it restart."""
