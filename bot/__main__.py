"""``python -m bot`` and the console script ``monazite``."""

from bot.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
