"""Exports of Azure: VMs, Arc machines, Azure Local, maintenance configurations, patch results."""
