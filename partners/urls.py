"""Partnership: from expression of interest to signed memorandum, and out again; registers, member lists, suspensions."""

app_name = "partners"
urlpatterns = []
