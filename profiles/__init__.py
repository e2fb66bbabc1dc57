"""What ships with Sallyport as data: guides, maps, code lists, templates, examples. No code lives here."""
