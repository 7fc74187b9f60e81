"""Addresses of support and of the restricted track. Their words say nothing of what they are about."""

from django.urls import path

from .views import helping, own, support, track, years

app_name = "restricted"
urlpatterns = [
    path("", support.Support.as_view(), name="support"),
    path("channels/", support.Channels.as_view(), name="channels"),
    path("report/", support.ReportPage.as_view(), name="report"),
    path("call/", support.CallPage.as_view(), name="call"),
    path("mine/", own.Mine.as_view(), name="mine"),
    path("mine/<slug:ref>/", own.Own.as_view(), name="own"),
    path("mine/<slug:ref>/choices/", own.Consents.as_view(), name="consents"),
    path("mine/<slug:ref>/contact/", own.Contact.as_view(), name="contact"),
    path("mine/<slug:ref>/readers/", own.Readers.as_view(), name="readers"),
    path("mine/<slug:ref>/withdraw/", own.Withdraw.as_view(), name="withdraw"),
    path("track/", track.Track.as_view(), name="track"),
    path("track/<slug:ref>/", track.Detail.as_view(), name="detail"),
    path("track/<slug:ref>/take/", track.Take.as_view(), name="take"),
    path("track/<slug:ref>/note/", track.WriteNote.as_view(), name="note"),
    path("track/<slug:ref>/add/", track.BringIn.as_view(), name="bring_in"),
    path("track/<slug:ref>/close/", track.Close.as_view(), name="close"),
    path("years/", years.Years.as_view(), name="years"),
    path("services/", helping.Services.as_view(), name="services"),
    path("services/new/", helping.ServiceNew.as_view(), name="service_new"),
    path("services/<slug:ref>/", helping.ServiceEdit.as_view(), name="service_edit"),
    path("services/<slug:ref>/confirm/", helping.ServiceConfirm.as_view(), name="service_confirm"),
    path("services/<slug:ref>/end/", helping.ServiceEnd.as_view(), name="service_end"),
]
