"""Who somebody is: register, sign in, sessions, and the players that a user is."""
