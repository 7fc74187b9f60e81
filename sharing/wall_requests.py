"""The surroundings of a request: what carries no scope of its own is asked on behalf of its reader."""

from .views import access_for
from .wall import NOBODY, scope_of, surrounded_by


class Reader:
    """Middleware: nobody's scope for who is not signed in; who is, is looked up once something asks."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        def scope():
            return scope_of(access_for(request)) if request.user.is_authenticated else NOBODY

        with surrounded_by(scope):
            return self.get_response(request)
