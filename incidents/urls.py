"""Addresses of incidents. References are random: no running number tells how many there are."""

from django.urls import path

from .views import filing, reading

app_name = "incidents"


urlpatterns = [
    path("", reading.IncidentList.as_view(), name="list"),
    path("report/", filing.IncidentFile.as_view(), name="file"),
    path("drafts/", filing.DraftSave.as_view(), name="draft_save"),
    path("drafts/<uuid:submission>/discard/", filing.DraftDiscard.as_view(), name="draft_discard"),
    path("<slug:ref>/", reading.IncidentDetail.as_view(), name="detail"),
    path("<slug:ref>/receipt/", filing.IncidentReceipt.as_view(), name="receipt"),
]
