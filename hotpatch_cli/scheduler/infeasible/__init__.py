"""Why tasks can't be scheduled together, and the changes that help."""
