"""A witness: what it remembers, how it answers over HTTP or in this process, and how one is asked."""
