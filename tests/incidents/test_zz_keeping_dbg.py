from tests.incidents.test_see_as import *
from tests.incidents.conftest import *
def test_x(author, cast):
    answer = author.post(SAVE, typed(cast, **DETAILS) | {"see": "yes"}, follow=True)
    print(answer.redirect_chain, answer.content.decode()[-6000:])
    assert 0
