"""The database's shape, in numbered sentences."""
