"""Where polls and deliveries run."""
