"""Addresses of notifications."""

from django.urls import path

from . import views

app_name = "notifications"
urlpatterns = [
    path("stop/<str:token>/", views.MailsStop.as_view(), name="stop"),
]
