"""Sessions in the database that lose nothing while others write to them too.

Django reads a session once and writes all of it back at the end of the request, over what Koa or another request of Django
has written since. This engine writes only if the row still says what was read. Otherwise it reads it again, and puts what
this request has changed on top, key by key. To use it: put the file beside manage.py, and set SESSION_ENGINE = 'merging_db'.
"""
from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DBStore
from django.db import router

TRIES = 100  # Each that fails was another's success.


class SessionStore(DBStore):  # The name is part of the salt of all signatures: it has to stay SessionStore.
    _read = None  # The row's text as it was read, and what it said.

    def load(self):
        row = self._get_session_from_db()
        return self._note(row.session_data, self.decode(row.session_data)) if row else {}

    def save(self, must_create=False):
        if must_create or self.session_key is None or self._read is None:
            super().save(must_create)
            self._read = None
            return
        mine = self._get_session()
        rows = self.model.objects.using(router.db_for_write(self.model)).filter(session_key=self.session_key)
        for _ in range(TRIES):
            (text, was), new, now = self._read, self.encode(mine), self._texts(mine)
            if rows.filter(session_data=text).update(session_data=new, expire_date=self.get_expiry_date()):
                self._read = (new, now)
                return
            row = rows.first()
            if row is None:
                raise UpdateError  # It was ended meanwhile, and stays ended.
            theirs = self._note(row.session_data, self.decode(row.session_data))
            changed = {key: mine[key] for key in now if now[key] != was.get(key)}
            merged = {key: value for key, value in theirs.items() if key in now or key not in was}
            mine.clear()
            mine.update({**merged, **changed})
        raise UpdateError

    async def aload(self):  # Django 5.1 and later call this and asave() from coroutines.
        return await sync_to_async(self.load)()

    async def asave(self, must_create=False):
        await sync_to_async(self.save)(must_create)

    def _note(self, text, data):
        self._read = (text, self._texts(data))
        return data

    def _texts(self, data):  # As they are stored: to Python True is 1, and NaN is not NaN.
        return {key: self.serializer().dumps(value) for key, value in data.items()}
