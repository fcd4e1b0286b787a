"""Load, answer, reload: the main job on sample feeds. ``python -m courtside.demo``.

``__main__`` tells the story, ``own_database`` makes the database anew, ``sample_users`` are the
people in it.
"""
