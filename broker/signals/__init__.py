"""Early warning: what is new or unusual among incidents, by named methods whose parameters are shown.

Pure: :func:`broker.signals.find.find_signals` takes observations and a window, and returns signals. A signal warns
nobody. It is for a person to read, and to make a substance warning of or not.
"""
