"""Addresses of what reads across apps."""

from django.urls import path

from . import (
    dashboards,
    figure_pages,
    following,
    level_evidence,
    measures_pages,
    outbox,
    report_pages,
    report_steps,
    statistics_views,
    told,
)

app_name = "overview"
urlpatterns = [
    path("notifications/", told.WhatIAmTold.as_view(), name="told"),
    path("notifications/areas/<slug:code>/", told.ToldArea.as_view(), name="told_area"),
    path("notifications/areas/<slug:code>/follow/", following.AreaFollow.as_view(), name="follow"),
    path("notifications/areas/<slug:code>/unfollow/", following.AreaUnfollow.as_view(), name="unfollow"),
    path("dashboard/", dashboards.Dashboard.as_view(), name="dashboard"),
    path("figures/<str:code>.csv", figure_pages.FigureFile.as_view(), name="figure_file"),
    path("figures/<str:code>/", figure_pages.FigurePage.as_view(), name="figure"),
    path("outbox/", outbox.OutboxPage.as_view(), name="outbox"),
    path("outbox/<uuid:pk>/send-again/", outbox.OutboxSendAgain.as_view(), name="outbox_send_again"),
    path(
        "levels/reviews/<str:ref>/areas/<slug:code>/evidence/",
        level_evidence.LevelEvidence.as_view(),
        name="level_evidence",
    ),
    path("measures/", measures_pages.Measures.as_view(), name="measures"),
    path("measures/table.csv", measures_pages.MeasuresFile.as_view(), name="measures_file"),
    path("measures/new/", measures_pages.MeasureNew.as_view(), name="measure_new"),
    path("measures/<str:ref>/", measures_pages.MeasurePage.as_view(), name="measure"),
    path("measures/<str:ref>/change/", measures_pages.MeasureChange.as_view(), name="measure_change"),
    path("reports/", report_pages.Reports.as_view(), name="reports"),
    path("reports/new/", report_pages.ReportNew.as_view(), name="report_new"),
    path("reports/<str:ref>/", report_pages.ReportPage.as_view(), name="report"),
    path("reports/<str:ref>/submit/", report_steps.ReportSubmit.as_view(), name="report_submit"),
    path("reports/<str:ref>/recompile/", report_steps.ReportRecompile.as_view(), name="report_recompile"),
    path("reports/<str:ref>/discard/", report_steps.ReportDiscard.as_view(), name="report_discard"),
    path("reports/<str:ref>/annex.csv", report_steps.ReportAnnex.as_view(), name="report_annex"),
    path("reports/<str:ref>/pdf/<str:language>/", report_steps.ReportPdf.as_view(), name="report_pdf"),
    path("reports/<str:ref>/<slug:code>/<slug:language>/", report_steps.ReportSection.as_view(), name="report_section"),
    path("statistics/", statistics_views.Statistics.as_view(), name="statistics"),
    path("statistics/tables.csv", statistics_views.StatisticsFile.as_view(), name="statistics_file"),
]
