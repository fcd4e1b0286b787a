"""Independent ways to see whether users' rows changed; one file each: no bug can lie twice."""
