"""Who is there: area by area, and all of them."""

from django.urls import path

from . import views, world

app_name = "coordination"
urlpatterns = [
    path("", world.AllAreas.as_view(), name="areas"),
    path("table.csv", world.AllAreasFile.as_view(), name="areas_file"),
    path("<slug:code>/", views.WhoIsThere.as_view(), name="area"),
    path("<slug:code>/mechanisms/record/", views.RecordMechanism.as_view(), name="mechanism_record"),
    path("<slug:code>/name/", views.Assign.as_view(), name="assign"),
    path("mechanisms/<slug:ref>/end/", views.EndMechanism.as_view(), name="mechanism_end"),
    path("mechanisms/<slug:ref>/confirm/", views.ConfirmMechanism.as_view(), name="mechanism_confirm"),
    path("people/<slug:ref>/end/", views.EndAssignment.as_view(), name="assignment_end"),
    path("people/<slug:ref>/confirm/", views.ConfirmAssignment.as_view(), name="assignment_confirm"),
]
