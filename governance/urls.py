"""Decisions of the bodies, and who sits in them."""

from django.urls import path

from . import views

app_name = "governance"
urlpatterns = [
    path("decisions/", views.Decisions.as_view(), name="decisions"),
    path("decisions/<str:ref>/", views.DecisionPage.as_view(), name="decision"),
    path("bodies/", views.Bodies.as_view(), name="bodies"),
]
