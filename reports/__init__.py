"""What leaders read (bulletins, indices, rankings): its rooms belong here and are not built yet."""
