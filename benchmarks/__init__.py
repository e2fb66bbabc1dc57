"""How fast the gateway is, beside something to compare with, in the same run: ``python -m benchmarks``."""
