"""Sources that describe machines in formats of their own: Packer, Image Builder, Ansible, collected
guests, reports.
"""
