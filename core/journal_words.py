"""What the journal's codes mean: a word in both languages for every action that is written there.

The journal keeps codes (`staff.signed_in`); its page shows words. Each room keeps its own table in
`<room>/journal_words.py`, named WORDS, code → Words, and the house registers it when the room joins. So whoever
journals something new adds one line there:

    WORDS = {
        "contact.opened": Words("打开来电记录", "Record of a contact opened"),
    }

The moves of a flow need no line: their words are those of the flow and of its action. A test reads the code and
names every action that is journalled without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.flow import FLOWS, Flow
from core.journal_details import details as said
from core.terms import Term, Words, t

_WORDS: dict[str, Words] = {}


def register(words: Mapping[str, Words]) -> None:
    """Take in the words of a room."""
    _WORDS.update(words)


def word(action: str) -> Words | None:
    """Return what an action is called, or None where nobody has said."""
    return _WORDS.get(action) or _move(action)


def _move(action: str) -> Words | None:
    name, _, step = action.partition(".")
    for flow in FLOWS:
        if flow.name == name:
            for done in {move for _, move in flow.table}:
                if done.value == step:
                    named = flow.words
                    what = Words(named.zh, named.en[:1].upper() + named.en[1:])
                    return Words("{what}：{done}", "{what}: {done}").filled(what=what, done=done)
    return None


def told(action: str, details: Mapping[str, object]) -> str:
    """Return what stands beside an action: a flow's states by their words, then all else."""
    rest = dict(details)
    parts = []
    name = action.partition(".")[0]
    states = {s.value: s for flow in FLOWS if flow.name == name for s in _states(flow)}
    before, after = states.get(str(rest.get("from"))), states.get(str(rest.get("to")))
    if before is not None and after is not None:
        parts.append(f"{before.label} → {after.label}")
        del rest["from"], rest["to"]
    return t("；", "; ").join(parts + said(rest))


def _states(flow: Flow[Any, Any]) -> set[Term]:
    return {flow.start, *(before for before, _ in flow.table), *flow.table.values()}


def found(asked: str, actions: Iterable[str]) -> list[str]:
    """Return the actions that what someone typed may mean: the beginning of a code, or part of a word."""
    sought = asked.strip().casefold()
    return [action for action in actions if action.casefold().startswith(sought) or sought in _told(action)]


def _told(action: str) -> str:
    words = word(action)
    return "\n".join(words.in_language(code) for code in ("zh", "en")).casefold() if words else ""


register(
    {
        "backup.made": Words("备份", "Backup made"),
        "backup.restored": Words("从备份恢复", "Restored from a backup"),
        "calendar.load": Words("载入放假通知", "Calendar notice loaded"),
        "demo.seed": Words("建立演示数据", "Demonstration built"),
        "journal.read": Words("查看操作日志", "Journal read"),
        "place.imported": Words("导入地点", "Places taken in"),
        "purpose.state": Words("说明查看用途", "Purpose of reading stated"),
        "staff.closed": Words("停用账号", "Account closed"),
        "staff.code_enrolled": Words("启用验证器", "Authenticator enrolled"),
        "staff.code_reset": Words("重设验证器", "Authenticator reset"),
        "staff.described": Words("更改人员资料", "Person's particulars changed"),
        "staff.locked": Words("连续出错，账号锁定", "Account locked after wrong tries"),
        "staff.opened": Words("重新启用账号", "Account opened again"),
        "staff.password_changed": Words("本人更改密码", "Own password changed"),
        "staff.password_reset": Words("重设密码", "Password reset"),
        "staff.roles": Words("更改角色", "Roles changed"),
        "staff.signed_in": Words("登录", "Signed in"),
        "staff.signed_out": Words("退出登录", "Signed out"),
        "staff.taken_on": Words("新增人员", "Person taken on"),
        "staff.unlocked": Words("解除锁定", "Account unlocked"),
        "unit.added": Words("新增单位", "Unit added"),
        "unit.corrected": Words("更改单位", "Unit changed"),
    }
)
