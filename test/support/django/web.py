"""The pages of a Django project, over HTTP: a form of its own, and Django's admin."""

import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.contrib import admin
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.urls import path


def form(request):
    """What a page with a form says in its hidden field; and what became of one that was sent."""
    if request.method == 'POST':
        request.session['said'] = request.POST['said']
    return JsonResponse({'token': get_token(request), 'session': dict(request.session.items())})


urlpatterns = [path('form', form), path('admin/', admin.site.urls)]


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def serve():
    """Answers the port."""
    server = make_server('127.0.0.1', 0, get_wsgi_application(), handler_class=QuietHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port
