"""Addresses of the area pages: areas:list and areas:detail. They read across apps, so they live here."""

from django.urls import path

from .areas import AreaDetail, AreaList

app_name = "areas"
urlpatterns = [
    path("", AreaList.as_view(), name="list"),
    path("<slug:code>/", AreaDetail.as_view(), name="detail"),
]
