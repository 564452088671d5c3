"""A local carrier with people at the other end, so the house can ring without an account."""
