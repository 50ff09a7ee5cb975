"""Sessions in the database that lose nothing while others write to them too.

Django reads a session once and writes all of it back at the end of the request. What Koa, or another request of Django, has
written in between is lost. This engine writes only if the row still says what was read. If it does not, it reads the row
again, puts what this request has changed on top, key by key, and tries again.

To use it: put the file beside manage.py, and set SESSION_ENGINE = 'merging_db'. It needs no other column and no migration.
"""
from copy import deepcopy

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DBStore
from django.db import router

TRIES = 100  # Each that fails was another's success.


class SessionStore(DBStore):  # The name is part of the salt of all signatures: it has to stay SessionStore.
    _read = None  # The row's text as it was read, and a copy of what it said.

    def load(self):
        row = self._get_session_from_db()
        data = self.decode(row.session_data) if row else {}
        self._read = (row.session_data, deepcopy(data)) if row else None
        return data

    def save(self, must_create=False):
        if must_create or self.session_key is None or self._read is None:
            super().save(must_create)
            self._read = None
            return
        mine = self._get_session()
        database = router.db_for_write(self.model)
        rows = self.model.objects.using(database).filter(session_key=self.session_key)
        for _ in range(TRIES):
            text, was = self._read
            new = self.encode(mine)
            if rows.filter(session_data=text).update(session_data=new, expire_date=self.get_expiry_date()):
                self._read = (new, deepcopy(mine))
                return
            row = rows.first()
            if row is None:
                raise UpdateError  # It was ended meanwhile, and stays ended.
            theirs = self.decode(row.session_data)
            self._read = (row.session_data, deepcopy(theirs))
            for key in was.keys() | mine.keys():
                if key not in mine:
                    theirs.pop(key, None)
                elif key not in was or mine[key] != was[key]:
                    theirs[key] = mine[key]
            mine.clear()
            mine.update(theirs)
        raise UpdateError
