"""The Django half of `npm run django-demo`: its page shows the session and changes it.

Makes the tables and one user in the SQLite file DATABASE, serves on a free port, prints the port, and ends with its input.
"""
import os
import socketserver
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.urls import path

settings.configure(
    SECRET_KEY=os.environ['SECRET_KEY'],
    ALLOWED_HOSTS=['127.0.0.1', 'localhost'],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=['django.contrib.contenttypes', 'django.contrib.auth', 'django.contrib.sessions'],
    MIDDLEWARE=[
        'django.contrib.sessions.middleware.SessionMiddleware',
        'django.middleware.csrf.CsrfViewMiddleware',
        'django.contrib.auth.middleware.AuthenticationMiddleware',
    ],
    DATABASES={
        'default': {
            'ENGINE': 'django.db.backends.sqlite3',
            'NAME': os.environ['DATABASE'],
            'OPTIONS': {'timeout': 20},
        }
    },
    SESSION_ENGINE='merging_db',
    DEFAULT_AUTO_FIELD='django.db.models.AutoField',
    TEMPLATES=[{'BACKEND': 'django.template.backends.django.DjangoTemplates'}],
)
django.setup()

from django.contrib.auth import authenticate, login, logout  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.shortcuts import redirect  # noqa: E402
from django.template import engines  # noqa: E402
from django.views.decorators.http import require_POST  # noqa: E402

PAGE = engines['django'].from_string("""<!doctype html>
<html lang="en"><title>Django</title><link rel="stylesheet" href="/style.css">
<h2>Django {{ version }}</h2>
<dl>
  <dt>request.user</dt><dd id="user">{{ user }}</dd>
  <dt>request.session["basket"]</dt><dd id="basket">{{ basket }}</dd>
</dl>
<form method="post" action="/django/basket" target="_top">{% csrf_token %}<button name="item" value="tea">Put tea into the basket</button></form>
{% if user.is_authenticated %}
<form method="post" action="/django/log-out" target="_top">{% csrf_token %}<button>Log out</button></form>
{% else %}
<form method="post" action="/django/log-in" target="_top">{% csrf_token %}
  <label>Name <input name="username" value="ada"></label>
  <label>Password <input name="password" value="lovelace"></label>
  <button>Log in</button>
</form>
{% endif %}
""")


def home(request):
    basket = request.session.get('basket', {})
    context = {'version': django.get_version(), 'user': request.user, 'basket': basket}
    return HttpResponse(PAGE.render(context, request))


@require_POST
def put(request):
    basket = request.session.get('basket', {})
    item = request.POST['item'][:20]
    request.session['basket'] = {**basket, item: basket.get(item, 0) + 1}
    return redirect('/')


@require_POST
def log_in(request):
    user = authenticate(request, username=request.POST['username'], password=request.POST['password'])
    if user is None:
        return HttpResponse('Nobody has this name and password.', status=403)
    login(request, user)
    return redirect('/')


@require_POST
def log_out(request):
    logout(request)
    return redirect('/')


urlpatterns = [
    path('django/', home),
    path('django/basket', put),
    path('django/log-in', log_in),
    path('django/log-out', log_out),
]


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


call_command('migrate', verbosity=0, interactive=False)
User.objects.create_user('ada', password='lovelace')
server = make_server('127.0.0.1', 0, get_wsgi_application(), Server, Quiet)
threading.Thread(target=end_with_input, daemon=True).start()
print(server.server_port, flush=True)
server.serve_forever()
