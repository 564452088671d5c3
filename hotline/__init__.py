"""The two lines: the citizen line and the counselling line; no caller without a record, no record without an owner."""
