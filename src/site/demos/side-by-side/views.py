"""Steps of the walkthroughs in Django. Pages show these lines, and test/site/side-by-side.test.ts runs them."""
from django.contrib.auth import authenticate, login, logout
from django.http import HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST


# region page-count
def page_count(request):
    count = request.session.get('page_count', 0) + 1
    request.session['page_count'] = count
    return HttpResponse(f'{count}')
# endregion


# region cart
@require_POST
def add(request):
    name = request.POST.get('name', '')
    cart = request.session.get('cart', {})
    cart[name] = cart.get(name, 0) + 1
    # Without this line the change is lost.
    request.session['cart'] = cart
    request.session.set_expiry(120)
    return redirect('/cart')
# endregion


def cart(request):
    items = request.session.get('cart', {}).items()
    return HttpResponse(', '.join(f'{count} {name}' for name, count in items))


# region log-in
@require_POST
def log_in(request):
    name = request.POST.get('username', '')
    secret = request.POST.get('password', '')
    user = authenticate(request, username=name, password=secret)
    if user is None:
        return HttpResponseForbidden('Not so.')
    login(request, user)  # a new id, the same data
    return redirect('/')


@require_POST
def log_out(request):
    logout(request)  # the session ends
    return redirect('/')
# endregion


def home(request):
    return HttpResponse(request.user.get_username() or 'nobody')


# region test-cookie
def ask(request):
    request.session.set_test_cookie()
    return HttpResponse('Has it come back?')


def check(request):
    if not request.session.test_cookie_worked():
        return HttpResponse('No cookie came.')
    request.session.delete_test_cookie()
    return HttpResponse('Cookies work.')
# endregion


urlpatterns = [
    path('', home),
    path('page-count', page_count),
    path('cart', cart),
    path('add', add),
    path('log-in', log_in),
    path('log-out', log_out),
    path('ask', ask),
    path('check', check),
]
