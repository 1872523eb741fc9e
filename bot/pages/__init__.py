"""The page that an entry links to, and robots.txt."""
