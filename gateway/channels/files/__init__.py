"""Channels over places where files lie: a folder of this machine, a partner's SFTP server. ``place`` is the seam."""
