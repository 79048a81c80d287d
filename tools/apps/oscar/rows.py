"""Prints every row of the shop's database as JSON: {"table": [{"column": value}]}. Sessions are printed as what they say."""

import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django  # noqa: E402

django.setup()

from django.contrib.sessions.models import Session  # noqa: E402
from django.db import connection  # noqa: E402

# The pictures that have been made smaller, in the order in which they were first asked for.
CACHES = {"thumbnail_kvstore"}

tables = {}
with connection.cursor() as cursor:
    for table in sorted(set(connection.introspection.table_names(cursor)) - CACHES):
        cursor.execute(f'SELECT * FROM "{table}" ORDER BY rowid')
        columns = [column[0] for column in cursor.description]
        tables[table] = [dict(zip(columns, row)) for row in cursor.fetchall()]
tables["django_session"] = [
    {"session_key": session.session_key, "expire_date": str(session.expire_date), "says": json.dumps(session.get_decoded(), sort_keys=True)}
    for session in Session.objects.order_by("expire_date")
]
print(json.dumps(tables, default=str))
