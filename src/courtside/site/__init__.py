"""What every page stands on: application, configuration, database, forms, errors, templates.

A feature is a folder beside this one (``accounts``, ``availability``): ``routes.py``,
``queries.sql`` and ``templates/``. ``application`` is the only module here that knows the features.
"""
