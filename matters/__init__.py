"""Issues, from registration to revisit: what residents raise, whoever heard it."""
