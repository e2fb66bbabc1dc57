"""EDIFACT and X12 as data: read, validate, translate to canonical and back, acknowledge. Pure, no I/O."""
