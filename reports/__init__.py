"""What leaders read: bulletins, indices and rankings, which take their rooms in this package and still have none."""
