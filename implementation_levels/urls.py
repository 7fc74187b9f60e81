"""Implementation levels: what is decided, reviewed, published, sent and lived up to (§5). One list, by noun."""

from django.urls import path

from .views import (
    area,
    checklists,
    consistency,
    consultation,
    distribution,
    lists,
    recommendations,
    review_requests,
    reviews,
    tasks,
    world,
)

app_name = "implementation_levels"
urlpatterns = [
    path("", world.World.as_view(), name="world"),
    path("table.csv", world.WorldFile.as_view(), name="world_file"),
    path("areas/<slug:code>/", area.AreaPage.as_view(), name="area"),
    path("areas/<slug:code>/checklist/", checklists.Checklist.as_view(), name="checklist"),
    path("areas/<slug:code>/checklist/<slug:line>/", checklists.LinePage.as_view(), name="line"),
    path("tasks/", tasks.Tasks.as_view(), name="tasks"),
    path("tasks/<str:ref>/", tasks.TaskPage.as_view(), name="task"),
    path("consistency/", consistency.Consistency.as_view(), name="consistency"),
    path("lists/", lists.Lists.as_view(), name="lists"),
    path("lists/check/", lists.ListCheck.as_view(), name="list_check"),
    path("lists/<int:number>/", lists.ListPage.as_view(), name="list"),
    path("lists/<int:number>/pdf/<slug:language>/", lists.ListPdf.as_view(), name="list_pdf"),
    path("lists/<int:number>/sent/", distribution.DistributionPage.as_view(), name="distribution"),
    path("lists/<int:number>/sent/table.csv", distribution.DistributionFile.as_view(), name="distribution_file"),
    path("lists/<int:number>/sent/<int:pk>/again/", distribution.SendAgain.as_view(), name="send_again"),
    path("lists/<int:number>/mail/<slug:language>/", distribution.ListMailPage.as_view(), name="list_mail"),
    path("lists/<int:number>/<str:name>", lists.ListTable.as_view(), name="list_file"),
    path("areas/<slug:code>/request/", review_requests.AskForReview.as_view(), name="request"),
    path("reviews/", reviews.Reviews.as_view(), name="reviews"),
    path("reviews/open/", reviews.ReviewOpen.as_view(), name="review_open"),
    path("reviews/<slug:ref>/", reviews.ReviewPage.as_view(), name="review"),
    path("reviews/<slug:ref>/keep/", recommendations.KeepTheRest.as_view(), name="keep_rest"),
    path("reviews/<slug:ref>/put/", recommendations.Put.as_view(), name="put"),
    path("reviews/<slug:ref>/areas/<slug:code>/", recommendations.Recommendation.as_view(), name="recommendation"),
    path("reviews/<slug:ref>/areas/<slug:code>/recommend/", recommendations.Recommend.as_view(), name="recommend"),
    path("reviews/<slug:ref>/areas/<slug:code>/take-out/", recommendations.TakeOut.as_view(), name="take_out"),
    path("reviews/<slug:ref>/close/", reviews.CloseConsultation.as_view(), name="close_consultation"),
    path("requests/<slug:ref>/", review_requests.RequestPage.as_view(), name="review_request"),
    path("requests/<slug:ref>/decline/", review_requests.Decline.as_view(), name="decline"),
    path("consultation/", consultation.ConsultationPage.as_view(), name="consultation"),
    path("consultation/<slug:ref>/", consultation.ConsultationPage.as_view(), name="consultation_of"),
    path("consultation/<slug:ref>/<slug:code>/", consultation.AnswerPage.as_view(), name="answer"),
]
