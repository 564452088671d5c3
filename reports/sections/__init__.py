"""The parts of a bulletin, a module each: what stands in it and from which query."""
