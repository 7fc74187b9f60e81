"""Recommending and deciding on levels, as it is looked at (tests.factories.level_reviews)."""

from .look import SEND, Look

GROUP, GISF = "wg@icva.example", "chair@gisf.example"
LEVEL_LOOKS = [
    Look("implementation_levels:recommend", GROUP, "/levels/reviews/{review_half}/areas/somalia/recommend/"),
    Look("implementation_levels:recommend", GROUP, "/levels/reviews/{review_half}/areas/mali/recommend/", press=SEND),
    Look("implementation_levels:recommend", GROUP, "/levels/reviews/{review_back}/areas/libya/recommend/"),
    Look("implementation_levels:recommendation", GISF, "/levels/reviews/{review_put}/areas/niger/"),
    Look("implementation_levels:keep_rest", GROUP, "/levels/reviews/{review_half}/keep/"),
    Look("implementation_levels:put", GROUP, "/levels/reviews/{review_half}/put/"),
    Look("implementation_levels:put", GROUP, "/levels/reviews/{review_ready}/put/"),
    Look("implementation_levels:take_out", GISF, "/levels/reviews/{review_put}/areas/libya/take-out/"),
    Look("implementation_levels:review", GROUP, "/levels/reviews/{review_half}/"),
    Look("implementation_levels:review", GROUP, "/levels/reviews/{review_back}/"),
    Look("implementation_levels:review", GISF, "/levels/reviews/{review_put}/"),
    Look("governance:decision", GISF, "/decisions/{decision_put}/"),
]
