"""The 24-hour psychological-help line 心理援助热线: its rooms belong here and are not built yet."""
