"""A team's matches and practices, and who can play: the page that players use."""
