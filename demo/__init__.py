"""A city in a box: invented places, people, opinions and staff, the same on every machine."""
