import pytest

from tests.telephony.simulator.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()
