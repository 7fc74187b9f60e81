"""Addresses of what an operator watches."""

from django.urls import path

from . import views

app_name = "operations"
urlpatterns = [
    path("status/", views.Status.as_view(), name="status"),
]
