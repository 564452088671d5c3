"""What groups of residents are called in tables: town and country, sex, age, users and others."""

from __future__ import annotations

from reports.blocks import Text
from reports.estimates import CITY
from reports.estimating import OTHERS, USERS

_WORDS = {
    "urban": Text("城镇", "Urban"),
    "rural": Text("乡村", "Rural"),
    "male": Text("男", "Men"),
    "female": Text("女", "Women"),
    USERS: Text("打过交道的", "Users"),
    OTHERS: Text("没打过交道的", "Non-users"),
    CITY: Text("全市", "Whole city"),
}


def group_words(domain: str) -> Text:
    """Name a group of residents: what is none of those with a name is an age."""
    return _WORDS.get(domain, Text(f"{domain} 岁", f"Aged {domain}"))
