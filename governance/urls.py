"""Decisions of the bodies, and who sits in them."""

app_name = "governance"
urlpatterns = []
