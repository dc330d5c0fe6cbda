"""What is on the wire: parse and format; nothing is believed yet. docs/wire-format.md is the specification."""
