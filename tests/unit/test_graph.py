"""Load order, and how far a delete or a new key would reach."""

from __future__ import annotations

import pytest

from seawall.catalog.graph import Cycle, cascade_paths, load_order, truncate_reach
from seawall.catalog.model import Action, ForeignKey


def key(table: str, target: str, delete: Action = "a", update: Action = "a") -> ForeignKey:
    return ForeignKey(
        name=f"{table}_{target}",
        table=table,
        columns=("x",),
        target=target,
        target_columns=("id",),
        on_delete=delete,
        on_update=update,
        validated=True,
        enforced=True,
        disabled=False,
        indexed=True,
    )


def reached(start: str, *keys: ForeignKey) -> set[tuple[str, str]]:
    return {(path[-1].table, event) for path, event in cascade_paths(start, keys)}


def test_parents_come_first():
    order = load_order({"games": {"teams"}, "teams": {"clubs", "leagues"}, "clubs": set()})
    assert order.index("teams") > order.index("clubs")
    assert order.index("teams") > order.index("leagues")
    assert order.index("games") > order.index("teams")


def test_the_order_does_not_depend_on_the_order_of_asking():
    assert load_order({"b": [], "a": [], "c": ["a", "b"]}) == load_order(
        {"c": ["b", "a"], "a": [], "b": []}
    )


@pytest.mark.parametrize("parents", [{"a": {"b"}, "b": {"a"}}, {"a": {"a"}}])
def test_a_circle(parents: dict[str, set[str]]):
    with pytest.raises(Cycle) as caught:
        load_order(parents)
    assert set(caught.value.tables) == set(parents)


def test_no_action_and_restrict_reach_nothing():
    assert reached("a", key("b", "a", "a", "r"), key("c", "a", "r", "a")) == set()


def test_a_cascade_goes_on():
    assert reached("a", key("b", "a", "c"), key("c", "b", "c"), key("d", "c", "a")) == {
        ("b", "delete"),
        ("c", "delete"),
    }


def test_set_null_arrives_as_an_update():
    """The row stays and one of its columns changes, so what refers to that column may follow."""
    assert reached("a", key("b", "a", "n"), key("c", "b", "c"), key("d", "b", update="c")) == {
        ("b", "delete"),
        ("d", "update"),
    }


def test_an_update_cascade_passes_an_update_on():
    assert reached("a", key("b", "a", update="c"), key("c", "b", "c", "n")) == {
        ("b", "update"),
        ("c", "update"),
    }


def test_circles_end():
    assert reached("a", key("b", "a", "c"), key("a", "b", "c")) == {
        ("b", "delete"),
        ("a", "delete"),
    }


def test_truncate_reaches_whatever_refers_at_any_depth():
    keys = [key("b", "a"), key("c", "b", "r"), key("d", "x", "c"), key("a", "c")]
    assert truncate_reach(["a"], keys) == ["b", "c"]
