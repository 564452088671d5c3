"""What the demonstration tells at the terminal while it builds."""

from __future__ import annotations

import sys
import time


class Meter:
    """Lines and a bar on the terminal; plain lines where there is none."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.is_terminal = sys.stdout.isatty()

    def say(self, words: str) -> None:
        """Begin a step."""
        self._write(f"  {time.monotonic() - self.began:5.1f} s  {words}\n")

    def show(self, done: int, total: int) -> None:
        """Show how far a step is."""
        if self.is_terminal:
            bar = "█" * (30 * done // total)
            self._write(f"\r           {bar:<30} {done}/{total}" + ("\n" if done == total else ""))
        elif done % 7 == 0 or done == total:
            self._write(f"           {done}/{total}\n")

    def end(self) -> None:
        """Say how long it took."""
        self._write(f"  {time.monotonic() - self.began:5.1f} s  完成 / built\n")

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
