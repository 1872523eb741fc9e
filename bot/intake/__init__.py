"""Poll → commit: store what is new, decide who is owed what."""
