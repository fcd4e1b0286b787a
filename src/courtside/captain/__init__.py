"""What a captain sees and does: who can play when, answers for others, practices."""
