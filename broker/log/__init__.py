"""The transparency log as pure functions: one specification a module; bytes and hashes in, values or errors out."""
