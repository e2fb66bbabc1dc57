"""Channels: how bytes come from partners and go to them; one package for each transport."""
