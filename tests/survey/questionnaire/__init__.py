"""The questionnaire: reading, expressions, the way through it, and both engines alike."""
