"""The line: legs, rooms, recordings and texts, whoever supplies them."""
