"""A few sentences from several documents, each cited."""
