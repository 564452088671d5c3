"""The house of the tests of its doors, for the rooms of matters."""

from tests.web.conftest import app as app
from tests.web.conftest import as_role as as_role
