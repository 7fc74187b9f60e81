"""Addresses of notifications."""

from django.urls import path

from . import views

app_name = "notifications"
urlpatterns = [
    path("areas/<slug:code>/follow/", views.AreaFollow.as_view(), name="follow"),
    path("stop/<str:token>/", views.MailsStop.as_view(), name="stop"),
    path("areas/<slug:code>/unfollow/", views.AreaUnfollow.as_view(), name="unfollow"),
]
