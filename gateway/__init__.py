"""The shell: channels, pipelines, ledger, command line. The only package that knows all the others."""
