"""schemathesis sends what the description allows, and what it does not: never a 500."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from cast import Cast
from hypothesis import HealthCheck, Phase, given, settings

from courtside.api import tokens

EXAMPLES = 15
# Most days that fit the description are days without a match: 404 is right then.


# The site is a thread of this process, and its pool of connections draws random numbers
# (when a connection expires). hypothesis takes such a number for one that the strategy drew.
@pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
@pytest.mark.parametrize("role", ["mate", "operator", "nobody"])
def test_no_request_breaks_the_api(
    role: str, served: str, database: psycopg.Connection[Any], people: Cast
) -> None:
    """As a captain, as an operator and as nobody; answers are as described."""
    # Here, since it takes seconds, which every process would spend that only collects.
    import schemathesis
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    headers = {}
    if role != "nobody":
        user_id = getattr(people, role).user_id
        token = tokens.create(database, user_id, "fuzz", may_write=True, days=30)
        headers = {"Authorization": f"Bearer {token}"}
    schema = schemathesis.openapi.from_url(f"{served}/api/v1/openapi.json")
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

        send()
    assert tried >= EXAMPLES * 10
