"""The inventory, our own format."""
