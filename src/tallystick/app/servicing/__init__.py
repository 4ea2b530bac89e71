"""Servicing: what is done for holders over the life of a security, command by command."""
