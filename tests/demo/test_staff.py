"""The staff of the demonstration fit the roles, units and places of the house."""

from core.people import UnitKind
from core.permissions import Role
from demo.city import city
from demo.problems import problems
from demo.staff import ACCOUNTS, UNITS, unit_for


def test_every_role_has_an_account_named_after_it() -> None:
    by_name = {account.username: account for account in ACCOUNTS}
    assert len(by_name) == len(ACCOUNTS)
    for role in Role:
        assert by_name[role.value].roles == (role.value,)
    assert sum("interviewer" in account.roles for account in ACCOUNTS) == 15


def test_interviewers_have_homes_in_all_counties() -> None:
    homes = {account.home_county for account in ACCOUNTS if "interviewer" in account.roles}
    assert homes == {county.name for county in city().counties}


def test_units_form_a_tree_with_two_supervision_offices() -> None:
    keys = {unit.key for unit in UNITS}
    assert len(keys) == len(UNITS) == len({unit.name for unit in UNITS})
    assert {unit.parent for unit in UNITS} <= keys | {""}
    assert {unit.kind for unit in UNITS} == {kind.value for kind in UnitKind}
    offices = [unit.name for unit in UNITS if unit.kind in ("party_supervision", "supervision")]
    assert offices == ["市委督查室", "市政府督查室"]
    assert {account.unit for account in ACCOUNTS} <= keys
    assert {unit.county for unit in UNITS} - {""} == {county.name for county in city().counties}


def test_every_problem_has_a_unit_that_can_act() -> None:
    for problem in problems():
        assert unit_for(problem.unit, "清河县").kind == "handling"
    assert unit_for("county", "清河县").name == "清河县人民政府"
