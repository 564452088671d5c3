"""What leaders read: indices with their errors, bulletins, rankings."""
