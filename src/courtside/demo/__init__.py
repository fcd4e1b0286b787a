"""The main job on sample feeds: load, answer, reload. ``python -m courtside.demo``, or ``make demo``.

``__main__`` tells the story, ``own_database`` makes the database anew, ``sample_users`` are the
people in it.
"""
