"""Imports for operators: runs and their proof, and a new import: plan, confirm, run."""
