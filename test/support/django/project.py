"""A Django project in one file. Reads commands from its input, a JSON object a line, and answers each with one."""

import json
import os
import sys
import time

import django
from django.conf import settings

apps = ['django.contrib.contenttypes', 'django.contrib.auth', 'django.contrib.sessions']
web = {
    'ROOT_URLCONF': 'web',
    'ALLOWED_HOSTS': ['*'],
    'STATIC_URL': '/static/',
    'CSRF_USE_SESSIONS': 'CSRF_USE_SESSIONS' in os.environ,
    'MIDDLEWARE': [
        'django.contrib.sessions.middleware.SessionMiddleware',
        'django.middleware.csrf.CsrfViewMiddleware',
        'django.contrib.auth.middleware.AuthenticationMiddleware',
        'django.contrib.messages.middleware.MessageMiddleware',
    ],
    'TEMPLATES': [
        {
            'BACKEND': 'django.template.backends.django.DjangoTemplates',
            'APP_DIRS': True,
            'OPTIONS': {
                'context_processors': [
                    'django.template.context_processors.request',
                    'django.contrib.auth.context_processors.auth',
                    'django.contrib.messages.context_processors.messages',
                ]
            },
        }
    ],
}
if 'WEB' in os.environ:
    apps += ['django.contrib.admin', 'django.contrib.messages', 'django.contrib.staticfiles']

settings.configure(
    **(web if 'WEB' in os.environ else {}),
    SECRET_KEY=os.environ['SECRET_KEY'],
    INSTALLED_APPS=apps,
    DATABASES={'default': json.loads(os.environ['DATABASE'])},
    SESSION_ENGINE=os.environ.get('SESSION_ENGINE', 'django.contrib.sessions.backends.db'),
    SESSION_FILE_PATH=os.environ.get('SESSION_FILE_PATH'),
    USE_TZ=os.environ.get('USE_TZ') != 'False',
    TIME_ZONE=os.environ.get('TIME_ZONE', 'UTC'),
    PASSWORD_HASHERS=['django.contrib.auth.hashers.MD5PasswordHasher'],
    DEFAULT_AUTO_FIELD='django.db.models.AutoField',
)
# As Django does itself where settings stand in a module.
os.environ['TZ'] = settings.TIME_ZONE
time.tzset()
django.setup()

from importlib import import_module  # noqa: E402

from asgiref.sync import async_to_sync  # noqa: E402
from django.contrib.auth import SESSION_KEY, get_user, login, logout  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.middleware import SessionMiddleware  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.utils import timezone  # noqa: E402

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore
open_sessions = {}


def request_with(session):
    request = HttpRequest()
    request.session = session
    return request


def opened(command):
    """The session that an earlier command has opened under this name, or a new one on this key."""
    name = command.get('name')
    if name not in open_sessions or 'key' in command:
        open_sessions[name] = SessionStore(command.get('key'))
    return open_sessions[name]


def visited(command):
    """A request through Django's session middleware, with the cookies that a browser sends, and what it is given."""
    seen = {}

    def view(request):
        session = request.session
        if 'values' in command:
            session.update(command['values'])
        if 'expiry' in command:
            session.set_expiry(command['expiry'])
        if 'login' in command:
            user = User.objects.get(pk=command['login'])
            login(request, user, backend='django.contrib.auth.backends.ModelBackend')
        if command.get('logout'):
            logout(request)
        seen.update(data=dict(session.items()), user=get_user(request).pk)
        return HttpResponse()

    request = RequestFactory(HTTP_COOKIE=command['cookie']).get('/')
    response = SessionMiddleware(view)(request)
    return {**seen, 'cookies': [cookie.OutputString() for cookie in response.cookies.values()]}


async def awrites(command):
    """As `writes`, in a coroutine."""
    for number in range(command['count']):
        session = SessionStore(command['key'])
        await session.aset(f"{command['prefix']}{number}", number)
        await session.asave()


def answer(command):
    what = command['do']
    if what == 'migrate':
        call_command('migrate', verbosity=0, interactive=False)
        return None
    if what == 'user':
        user = User.objects.create_user(command['username'], password=command['password'])
        return {'id': user.pk, 'password': user.password}
    if what == 'password':
        user = User.objects.get(pk=command['id'])
        user.set_password(command['password'])
        user.save()
        return user.password
    if what == 'admin':
        return User.objects.create_superuser(command['username'], password=command['password']).pk
    if what == 'serve':
        return import_module('web').serve()
    if what == 'clearsessions':
        call_command('clearsessions')
        return None
    if what == 'secret':
        settings.SECRET_KEY = command['secret']
        return None
    if what == 'visit':
        return visited(command)
    if what == 'writes':
        for number in range(command['count']):
            session = SessionStore(command['key'])
            session[f"{command['prefix']}{number}"] = number
            session.save()
        return None

    if what == 'awrites':
        async_to_sync(awrites)(command)
        return None

    session = opened(command)
    if what == 'aset':
        async_to_sync(session.aupdate)(command['values'])
        return session.session_key
    if what == 'asave':
        async_to_sync(session.asave)()
        return session.session_key
    if what == 'open':
        return {'data': dict(session.items()), 'key': session.session_key}
    if what == 'read':
        return repr(dict(session.items()))
    if what == 'set':
        session.update(command['values'])
    elif what == 'eval':
        session.update(eval(command['values']))
    elif what == 'expiry':
        expiry = command['expiry']
        if isinstance(expiry, str):
            expiry = timezone.datetime.fromisoformat(expiry)
        session.set_expiry(expiry)
    elif what == 'age':
        return {'age': session.get_expiry_age(), 'browser': session.get_expire_at_browser_close()}
    elif what == 'save':
        session.save()
    elif what == 'cycle':
        session.cycle_key()
    elif what == 'flush':
        session.flush()
    elif what == 'login':
        user = User.objects.get(pk=command['id'])
        login(request_with(session), user, backend='django.contrib.auth.backends.ModelBackend')
        session.save()
    elif what == 'logout':
        logout(request_with(session))
    elif what == 'who':
        return get_user(request_with(session)).pk
    else:
        raise ValueError(what)
    return session.session_key


for line in sys.stdin:
    try:
        result = {'result': answer(json.loads(line))}
    except Exception as error:
        result = {'error': f'{type(error).__name__}: {error}'}
    print(json.dumps(result), flush=True)
