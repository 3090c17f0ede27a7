"""The week in a shop: facts by the query API, tables by the oracle, the audit chain."""

import psycopg

from api.app import create_app
from cli.profiles.verify import verify_all
from operators.audit import problems
from store.audit.chain import linked
from tests.api.conftest import Api
from tests.support.serving import serving_api
from tests.support.story import Story
from tests.support.story_facts import TABLE, facts, found

_DEFAULTS = """
    SELECT d.adrelid::regclass::text, d.adnum, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_attrdef d ORDER BY 1, 2
"""


def test_every_fact_is_what_the_api_says(story: Story) -> None:
    wrong = []
    with serving_api(create_app(story.settings)) as address:
        api = Api(address, story.admin)
        for one in facts():
            try:
                said = found(api.http.get(one.path(story)).json(), one.look)
            except (AssertionError, KeyError, IndexError, TypeError) as error:
                said = repr(error)
            if said != one.value:
                wrong.append(f"{one.name}: {said}, {TABLE.name} says {one.value}")
        api.http.close()
    assert not wrong, "\n".join(wrong)


def test_the_funnel_has_people(story: Story) -> None:
    steps = ("Product Viewed", "Product Added", "Order Completed")
    body = {
        "steps": [{"name": name} for name in steps],
        "since": story.began_at.isoformat(),
        "until": story.ended_at.isoformat(),
        "window": "1d",
    }
    with serving_api(create_app(story.settings)) as address:
        api = Api(address, story.read)
        answer = api.post("/cdp/funnels", body, 200)
        api.http.close()
    people = [step["people"] for step in answer["steps"]]
    assert people == sorted(people, reverse=True), answer
    assert people[-1] > 0, answer


def test_the_tables_are_what_the_events_say(story: Story) -> None:
    (report,) = verify_all(story.settings)
    assert not report.differences, report.lines()


def test_the_audit_chain_holds(story: Story) -> None:
    with psycopg.connect(story.dsn) as conn:
        assert list(problems(linked(conn, story.workspace), story.workspace)) == []


def test_the_schema_is_as_migrations_leave_it(story: Story, postgres_dsn: str) -> None:
    with psycopg.connect(story.dsn) as conn, psycopg.connect(postgres_dsn) as fresh:
        assert conn.execute(_DEFAULTS).fetchall() == fresh.execute(_DEFAULTS).fetchall()
        sql = "SELECT count(*) FROM pg_namespace WHERE nspname = 'story_clock'"
        assert conn.execute(sql).fetchone() == (0,)


def test_the_keys_open_what_their_scopes_say(story: Story) -> None:
    with serving_api(create_app(story.settings)) as address:
        for key, expected in ((story.read, 403), (story.write, 200), (story.gate, 200)):
            api = Api(address, key)
            body = {"scope": "platform:meta", "mode": "frozen", "reason": "a test"}
            answer = api.http.put("/cdp/gate/mode", json=body)
            assert answer.status_code == expected, answer.text
            api.http.close()
