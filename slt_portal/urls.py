"""All addresses of the portal, one line per app. No Django admin: every job has a page."""

from django.conf import settings
from django.urls import include, path

from operations.views import healthz, readyz
from overview.home import Home
from slt_portal.views import robots, security_txt

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("robots.txt", robots, name="robots"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("", include("accounts.urls")),
    path("areas/", include("overview.area_urls")),
    path("notifications/", include("notifications.urls")),
    path("", include("organisations.urls")),
    path("", include("governance.urls")),
    path("", include("partners.urls")),
    path("coordination/", include("coordination.urls")),
    path("incidents/", include("incidents.urls")),
    path("support/", include("restricted.urls")),
    path("levels/", include("implementation_levels.urls")),
    path("feedback/", include("feedback.urls")),
    path("", include("overview.urls")),
    path("", include("operations.urls")),
]
handler404 = "slt_portal.views.not_found"
handler500 = "slt_portal.views.failed"
if settings.DEMO:
    urlpatterns.append(path("demo/", include("demo.urls")))
