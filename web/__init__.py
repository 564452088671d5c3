"""The application: joins the rooms and guards the doors."""
