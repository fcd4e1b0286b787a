"""The history of users' rows: backups before every run, read back; and the way back from them."""
