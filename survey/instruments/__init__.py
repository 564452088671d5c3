"""Questionnaires that come with the house, as XLSForm workbooks."""

from pathlib import Path

SECURITY = Path(__file__).with_name("security.xlsx")
"""Sense of security and satisfaction with law enforcement: the default instrument."""
