"""``python -m gateway`` is the command ``sallyport``."""

from gateway.cli import main

main()
