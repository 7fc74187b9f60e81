"""Addresses of the area pages. They read across apps, so they live here. A word that stands where a code stands is in
areas.actions: no area gets it as its code."""

from django.urls import path

from . import area_management as manage
from .area_history import AreaHistory
from .areas import AreaDetail, AreaList

app_name = "areas"
urlpatterns = [
    path("", AreaList.as_view(), name="list"),
    path("add/", manage.AreaAdd.as_view(), name="add"),
    path("<slug:code>/", AreaDetail.as_view(), name="detail"),
    path("<slug:code>/history/", AreaHistory.as_view(), name="history"),
    path("<slug:code>/rename/", manage.AreaRename.as_view(), name="rename"),
    path("<slug:code>/change/", manage.AreaChange.as_view(), name="change"),
    path("<slug:code>/split/", manage.AreaSplit.as_view(), name="split"),
    path("<slug:code>/merge/", manage.AreaMerge.as_view(), name="merge"),
    path("<slug:code>/end/", manage.AreaEnd.as_view(), name="end"),
]
