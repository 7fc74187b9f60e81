"""Addresses of incidents. References are random: no running number tells how many there are."""

from django.urls import path

from .views import (
    attachments,
    control,
    desk,
    detail,
    exporting,
    filing,
    following,
    importing,
    keeping,
    proposals,
    reading,
    searches,
    seeing,
)

app_name = "incidents"


urlpatterns = [
    path("", reading.IncidentList.as_view(), name="list"),
    path("report/", filing.IncidentFile.as_view(), name="file"),
    path("desk/", desk.DeskQueue.as_view(), name="desk"),
    path("drafts/", keeping.DraftSave.as_view(), name="draft_save"),
    path("drafts/keep/", keeping.DraftKeep.as_view(), name="draft_keep"),
    path("drafts/<uuid:submission>/see-as/", seeing.DraftSee.as_view(), name="draft_see"),
    path("drafts/<uuid:submission>/discard/", keeping.DraftDiscard.as_view(), name="draft_discard"),
    path("searches/", searches.SearchSave.as_view(), name="search_save"),
    path("searches/<uuid:pk>/remove/", searches.SearchRemove.as_view(), name="search_remove"),
    path("export/", exporting.ExportAsk.as_view(), name="export_list"),
    path("exports/", exporting.ExportList.as_view(), name="exports"),
    path("exports/<uuid:pk>/", exporting.ExportPage.as_view(), name="export"),
    path("exports/<uuid:pk>/file/", exporting.ExportFile.as_view(), name="export_file"),
    path("imports/", importing.ImportList.as_view(), name="imports"),
    path("imports/new/", importing.ImportStart.as_view(), name="import_start"),
    path("imports/<slug:ref>/", importing.ImportPage.as_view(), name="import"),
    path("imports/<slug:ref>/confirm/", importing.ImportConfirm.as_view(), name="import_confirm"),
    path("imports/<slug:ref>/discard/", importing.ImportDiscard.as_view(), name="import_discard"),
    path("imports/<slug:ref>/rows.csv", importing.ImportChanges.as_view(), name="import_rows"),
    path("imports/<slug:ref>/quarantine.csv", importing.ImportQuarantine.as_view(), name="import_quarantine"),
    path("<slug:ref>/export/", exporting.ExportAsk.as_view(), name="export_one"),
    path("<slug:ref>/", detail.IncidentDetail.as_view(), name="detail"),
    path("<slug:ref>/reports/<int:number>/", detail.EarlierReport.as_view(), name="report"),
    path("<slug:ref>/follow-up/", following.IncidentFollowUp.as_view(), name="follow_up"),
    path("<slug:ref>/follow-up/<uuid:submission>/see-as/", seeing.FollowUpSee.as_view(), name="follow_up_see"),
    path("<slug:ref>/audience/", control.AudienceChange.as_view(), name="audience"),
    path("<slug:ref>/withdraw/", control.IncidentWithdraw.as_view(), name="withdraw"),
    path("<slug:ref>/readers/", control.IncidentReaders.as_view(), name="readers"),
    path("<slug:ref>/desk/", desk.DeskPage.as_view(), name="desk_page"),
    path("<slug:ref>/desk/acknowledge/", desk.Acknowledge.as_view(), name="acknowledge"),
    path("<slug:ref>/desk/grade/", desk.Grade.as_view(), name="grade"),
    path("<slug:ref>/desk/note/", desk.Note.as_view(), name="note"),
    path("<slug:ref>/desk/answer/<uuid:question>/", desk.Answer.as_view(), name="answer"),
    path("<slug:ref>/desk/text/", proposals.Propose.as_view(), name="propose"),
    path(
        "<slug:ref>/desk/text/<uuid:proposal>/take-back/",
        proposals.ProposalTakeBack.as_view(),
        name="proposal_take_back",
    ),
    path("<slug:ref>/text/", proposals.Decide.as_view(), name="decide"),
    path("<slug:ref>/question/", desk.Ask.as_view(), name="ask"),
    path("<slug:ref>/attachments/", attachments.AttachmentAdd.as_view(), name="attachments"),
    path("<slug:ref>/attachments/<int:number>/", attachments.AttachmentFile.as_view(), name="attachment"),
    path(
        "<slug:ref>/attachments/<int:number>/remove/", attachments.AttachmentRemove.as_view(), name="attachment_remove"
    ),
    path("<slug:ref>/receipt/", filing.IncidentReceipt.as_view(), name="receipt"),
]
