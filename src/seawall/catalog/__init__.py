"""What the database is: read once a run, never written."""
