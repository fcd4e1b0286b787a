"""The site for programs: JSON below ``/api/v1``, by the same session or a personal token."""
