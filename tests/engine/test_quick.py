from league import FEED, USER_TABLES
from reload_case import Reload, counts

def test_it(league: Reload):
    before = league.image(*USER_TABLES, "clubs", "teams", "games")
    plan = league.plan(**FEED)
    report = league.engine.apply(plan)
    assert league.image(*USER_TABLES, "clubs", "teams", "games") == before
    print(report)
