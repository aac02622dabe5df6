"""ARM templates and Bicep."""
