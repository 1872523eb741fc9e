"""The database: the only SQL, and its migrations."""
