"""All addresses of the portal, one line per app. No Django admin: every job has a page."""

from django.conf import settings
from django.urls import include, path

from overview.home import Home, healthz

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("healthz", healthz, name="healthz"),
    path("", include("accounts.urls")),
    path("areas/", include("overview.area_urls")),
    path("notifications/", include("notifications.urls")),
    path("", include("organisations.urls")),
    path("incidents/", include("incidents.urls")),
    path("", include("overview.urls")),
]
handler404 = "slt_portal.views.not_found"
if settings.DEMO:
    urlpatterns.append(path("demo/", include("demo.urls")))
