"""The 24-hour psychological-help line 心理援助热线, which takes its rooms in this package and still has none."""
