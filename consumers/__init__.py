"""The read side: admit, decide, deliver, show, audit."""
