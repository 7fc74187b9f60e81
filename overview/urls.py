"""Addresses of what reads across apps."""

from django.urls import path

from . import outbox

app_name = "overview"
urlpatterns = [
    path("outbox/", outbox.OutboxPage.as_view(), name="outbox"),
    path("outbox/<uuid:pk>/send-again/", outbox.OutboxSendAgain.as_view(), name="outbox_send_again"),
]
