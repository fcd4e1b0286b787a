"""What operators do for users: roles, links, corrections, restores; and the record of it."""
