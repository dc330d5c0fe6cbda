"""The faces: commands, configuration, and the one place where everything is put together."""
