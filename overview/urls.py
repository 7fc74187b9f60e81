"""Addresses of what reads across apps."""

from django.urls import path

from . import following, level_evidence, outbox, statistics_views, told

app_name = "overview"
urlpatterns = [
    path("notifications/", told.WhatIAmTold.as_view(), name="told"),
    path("notifications/areas/<slug:code>/", told.ToldArea.as_view(), name="told_area"),
    path("notifications/areas/<slug:code>/follow/", following.AreaFollow.as_view(), name="follow"),
    path("notifications/areas/<slug:code>/unfollow/", following.AreaUnfollow.as_view(), name="unfollow"),
    path("outbox/", outbox.OutboxPage.as_view(), name="outbox"),
    path("outbox/<uuid:pk>/send-again/", outbox.OutboxSendAgain.as_view(), name="outbox_send_again"),
    path(
        "levels/reviews/<str:ref>/areas/<slug:code>/evidence/",
        level_evidence.LevelEvidence.as_view(),
        name="level_evidence",
    ),
    path("statistics/", statistics_views.Statistics.as_view(), name="statistics"),
    path("statistics/tables.csv", statistics_views.StatisticsFile.as_view(), name="statistics_file"),
]
