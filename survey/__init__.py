"""The survey: from a frame of numbers, by calls and interviews, to an index one can defend."""
