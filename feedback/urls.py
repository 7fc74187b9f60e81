"""Addresses of feedback."""

from django.urls import path

from .views import case, files, filing, handlers, handling, home, inquiries, intake, lessons, paper

app_name = "feedback"
urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("new/", filing.Start.as_view(), name="start"),
    path("new/case/", filing.File.as_view(), name="file"),
    path("cases/<slug:ref>/", case.CasePageView.as_view(), name="case"),
    path("cases/<slug:ref>/message/", case.Message.as_view(), name="message"),
    path("cases/<slug:ref>/withdraw/", case.Withdraw.as_view(), name="withdraw"),
    path("cases/<slug:ref>/accept/", case.Accept.as_view(), name="accept"),
    path("cases/<slug:ref>/refuse/", case.Refuse.as_view(), name="refuse"),
    path("cases/<slug:ref>/reopen/", case.Reopen.as_view(), name="reopen"),
    path("cases/<slug:ref>/files/<uuid:uid>/", files.CaseFileDownload.as_view(), name="case_file"),
    path("cases/<slug:ref>/propose/", handling.Propose.as_view(), name="propose"),
    path("cases/<slug:ref>/take-back/", handling.TakeBack.as_view(), name="take_back"),
    path("cases/<slug:ref>/conclude/", handling.Conclude.as_view(), name="conclude"),
    path("cases/<slug:ref>/escalate/", handling.Escalate.as_view(), name="escalate"),
    path("cases/<slug:ref>/ask/", inquiries.Ask.as_view(), name="ask"),
    path(
        "cases/<slug:ref>/questions/<slug:inquiry>/withdraw/",
        inquiries.InquiryWithdraw.as_view(),
        name="inquiry_withdraw",
    ),
    path("questions/<slug:ref>/", inquiries.InquiryPage.as_view(), name="inquiry"),
    path("intake/", intake.Intake.as_view(), name="intake"),
    path("cases/<slug:ref>/take/", intake.Take.as_view(), name="take"),
    path("cases/<slug:ref>/classify/", intake.Classify.as_view(), name="classify"),
    path("cases/<slug:ref>/hand-over/", intake.HandOver.as_view(), name="hand_over"),
    path("cases/<slug:ref>/redirect/", intake.Redirect.as_view(), name="redirect"),
    path("cases/<slug:ref>/divert/", intake.Divert.as_view(), name="divert"),
    path("cases/<slug:ref>/assign/", intake.Assign.as_view(), name="assign"),
    path("cases/<slug:ref>/link/", intake.Link.as_view(), name="link"),
    path("cases/<slug:ref>/unlink/", intake.Unlink.as_view(), name="unlink"),
    path("cases/<slug:ref>/people/", handlers.People.as_view(), name="people"),
    path("cases/<slug:ref>/people/add/", handlers.HandlerAdd.as_view(), name="handler_add"),
    path("cases/<slug:ref>/people/remove/", handlers.HandlerRemove.as_view(), name="handler_remove"),
    path("cases/<slug:ref>/concerned/", handlers.ConcernedNote.as_view(), name="concerned"),
    path("cases/<slug:ref>/concerned/<int:pk>/", handlers.ConcernedClear.as_view(), name="concerned_clear"),
    path("cases/<slug:ref>/case.pdf", paper.CasePdf.as_view(), name="case_pdf"),
    path("cases/<slug:ref>/lesson/", lessons.LessonNew.as_view(), name="lesson_new"),
    path("lessons/", lessons.Lessons.as_view(), name="lessons"),
    path("lessons/<slug:ref>/", lessons.LessonPage.as_view(), name="lesson"),
    path("lessons/<slug:ref>/edit/", lessons.LessonEdit.as_view(), name="lesson_edit"),
    path("lessons/<slug:ref>/publish/", lessons.LessonPublish.as_view(), name="lesson_publish"),
    path("lessons/<slug:ref>/discard/", lessons.LessonDiscard.as_view(), name="lesson_discard"),
    path("lessons/<slug:ref>/retract/", lessons.LessonRetract.as_view(), name="lesson_retract"),
]
