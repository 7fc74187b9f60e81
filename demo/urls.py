"""Addresses of the demo; included only when it is installed."""

from django.urls import path

from .views import Index, Mailbox, SignIn

app_name = "demo"
urlpatterns = [
    path("", Index.as_view(), name="index"),
    path("sign-in/", SignIn.as_view(), name="sign_in"),
    path("mail/", Mailbox.as_view(), name="mail"),
]
