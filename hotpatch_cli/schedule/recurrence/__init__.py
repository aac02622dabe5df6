"""Recurrence: RFC 5545 rules, weekdays, days after Patch Tuesday, and calendar files."""
