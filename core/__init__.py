"""The ground that every room stands on: settings, database, people, places, flows, the journal."""
