"""A bulletin laid out for paper: what stands on the two pages, what in the annex, in one language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.dates import day_words
from reports.blocks import Chart, Figure, Points, Prose, Section, Snapshot, Table
from reports.bulletins import Bulletin
from reports.cells import interval, is_number, lines, told, value
from reports.drawing import draw
from reports.front_page import (
    BROUGHT,
    IN_FRONT,
    MOST_ADVICE,
    MOST_IN_CELL,
    MOST_LETTERS,
    MOST_OFFICES,
    MOST_ROWS,
    MOST_WRITTEN,
    alone,
    clipped,
    length,
)
from reports.imprint import Imprint
from reports.maps import Ring

Part = dict[str, Any]
NOTHING = Imprint()
WIDE_FROM = 11
"""A table with so many columns and more than one row stands on its side."""


@dataclass(eq=False)
class Paper:
    """Everything that the page, or the office document, is filled with."""

    bulletin: Bulletin
    content: Snapshot
    language: str
    imprint: Imprint = NOTHING
    outlines: dict[str, list[Ring]] = field(default_factory=dict)
    pictures: dict[str, tuple[Chart, Table]] = field(default_factory=dict)
    """Charts by the address under which the page names them."""

    def t(self, zh: str, en: str) -> str:
        """Choose the language of the paper."""
        return en if self.language == "en" else zh

    def sections(self) -> list[Part]:
        """Return the sections with what stands on the first pages."""
        room, found = MOST_WRITTEN, []
        for s in self.content.sections:
            part = self._section(s, room)
            room -= min(room, round(length(part["comment"])))
            found.append(part)
        return found

    def annex(self) -> list[Part]:
        """Return the tables and charts of the annex, the wide tables last, on pages of their own."""
        found = []
        for section in self.content.sections:
            lone = alone(section)
            for block in section.blocks:
                if isinstance(block, Table | Chart) and (
                    block.is_annex or block is lone or self._is_cut(block)
                ):
                    found += self._block(block)
        return sorted(found, key=lambda part: bool(part.get("is_wide")))

    def facts(self) -> Part:
        """Return title, head and foot."""
        b = self.bulletin
        kind, number = b.kind.in_language(self.language), b.which.in_language(self.language)
        if b.edition > 1:
            number += self.t("（更正版）", " (corrected)")
        first, last = (day_words(d).in_language(self.language) for d in (b.starts_on, b.ends_on))
        cut = f"{clock.local(b.as_of):%Y-%m-%d %H:%M}"
        return {
            "title": b.title.in_language(self.language),
            "kind": f"{kind}：{b.subject}" if b.subject else kind,
            "number": number,
            "period": f"{first} – {last}",
            "place": self.content.place.in_language(self.language),
            "imprint": self._imprint(),
            "foot": self.t(
                f"数据截止 {cut} · 指数定义第 {self.content.definition_version} 版 · 快照 {b.digest[:12]}",
                f"Data cut {cut} · definition version {self.content.definition_version} · snapshot {b.digest[:12]}",
            )
            + (self.t(" · “…”处全文见附表", " · “…”: whole in the annex") if self.written() else ""),
            "annex_words": self.t("附表", "Annex"),
            "advice_words": self.t("本期建议", "Advice of this issue"),
            "corrections_words": self.t("更正", "Corrections"),
        }

    def _imprint(self) -> str:
        """Say who issues it and to which offices it goes."""
        i = self.imprint
        offices = [x.in_language(self.language) for x in i.offices[:MOST_OFFICES]]
        parts = [i.centre.in_language(self.language)] if i.centre else []
        parts = [self.t(f"编发：{x}", f"Issued by {x}") for x in parts]
        more = len(i.offices) - len(offices)
        rest = [self.t(f"另 {more} 家", f"{more} more")] if more > 0 else []
        rest += [self.t(f"系统外 {i.outside} 人", f"{i.outside} outside this system")] if i.outside else []
        if offices or rest:
            parts.append(self.t("分送：", "To: ") + self.t("、", ", ").join([*offices, *rest]))
        return self.t("　", " · ").join(parts)

    def advised(self, *, is_whole: bool = False) -> list[Part]:
        """Return the issue's own advice: on the first pages the first of it, in few words."""
        found = []
        for a in self.imprint.advice if is_whole else self.imprint.advice[:MOST_ADVICE]:
            unit = a.unit.in_language(self.language) if a.unit else ""
            due = self.t(f"{a.due_on} 前", f"until {a.due_on}") if a.due_on else ""
            effect = a.effect if is_whole else clipped(a.effect, MOST_IN_CELL)
            facts = " · ".join(x for x in (unit, due, effect) if x)
            text = a.text if is_whole else clipped(a.text)
            found.append({"kind": self.t("建议", "Advice"), "text": text, "facts": facts})
        return found

    def written(self) -> list[Part]:
        """Return in whole what is cut on the first pages: comments and advice, for the annex."""
        shown = {s["key"]: s["comment"] for s in self.sections()}
        found = [
            {"kind": s.words.in_language(self.language), "text": whole, "facts": ""}
            for s in self.content.sections
            if (whole := self.bulletin.comments.get(s.key, "")) != shown[s.key]
        ]
        return found if self.advised() == self.advised(is_whole=True) else found + self.advised(is_whole=True)

    def corrected(self) -> list[str]:
        """Return the corrections as lines."""

        def side(c: dict[str, Any], key: str) -> str:
            return told(c[key], c.get("kind", "") if key in ("was", "now") else "", self.language)

        return [
            " · ".join(side(c, key) for key in ("what", "row", "column") if c[key] is not None)
            + f"{self.t('：', ': ')}{side(c, 'was')} → {side(c, 'now')}"
            for c in self.bulletin.corrections
        ]

    def correction_note(self) -> str:
        """Say on the first pages that this edition corrects another, why, and how much."""
        b = self.bulletin
        if not b.corrections:
            return ""
        n = len(b.corrections)
        return self.t(
            f"本版代替原版，更正 {n} 处，见附表。原因：{b.reason}",
            f"This edition takes the place of the one before: {n} corrected, see the annex. Why: {b.reason}",
        )

    def _is_cut(self, b: Table | Chart) -> bool:
        """Say whether the first pages show only a part of a table."""
        if not isinstance(b, Table) or b.is_annex or b.id in BROUGHT:
            return False
        most = IN_FRONT.get(b.id, MOST_ROWS)
        return len(b.rows) > most or any(
            clipped(x, MOST_IN_CELL) != x for row in lines(b, self.language) for x in row
        )

    def _front(self, b: Table) -> Part:
        """Return of a table what stands on the first pages."""
        part, most = self._table(b), IN_FRONT.get(b.id, MOST_ROWS)
        if not self._is_cut(b):
            return part
        more = len(b.rows) - most
        where = self.t("全表见附表", "the whole table is in the annex")
        note = self.t(f"另有 {more} 行，{where}", f"{more} more rows: {where}") if more > 0 else where
        rows = [[clipped(x, MOST_IN_CELL) for x in row] for row in part["rows"][:most]]
        return {
            **part,
            "rows": rows,
            "note": " ".join(x for x in (part["note"], f"{note}{self.t('。', '.')}") if x),
        }

    def _section(self, s: Section, room: int) -> Part:
        figures, lone = [self._figure(b) for b in s.blocks if isinstance(b, Figure)], alone(s)
        blocks = [
            part
            for b in s.blocks
            if not isinstance(b, Figure) and not getattr(b, "is_annex", False) and b is not lone
            for part in ([self._front(b)] if isinstance(b, Table) else self._block(b))
        ]
        words = s.words.in_language(self.language)
        comment = clipped(self.bulletin.comments.get(s.key, ""), min(MOST_LETTERS, room))
        return {
            "key": s.key, "number": s.number, "words": words, "figures": figures, "blocks": blocks, "comment": comment,
        }  # fmt: skip

    def _figure(self, f: Figure) -> Part:
        return {
            "words": f.words.in_language(self.language),
            "value": value(f),
            "interval": self.t(
                f"95 % 区间 {interval(f)}，样本 {f.n:,}", f"95% interval {interval(f)}, n {f.n:,}"
            ),
            "withheld": f.withheld.in_language(self.language) if f.withheld else "",
            "comparisons": [c.sentence.in_language(self.language) for c in f.comparisons],
        }

    def _block(self, b: Points | Prose | Table | Chart | Figure) -> list[Part]:
        if isinstance(b, Points):
            return [{"kind": "points", "points": [p.text.in_language(self.language) for p in b.points]}]
        if isinstance(b, Prose):
            return [{"kind": "prose", "text": b.text.in_language(self.language)}]
        if isinstance(b, Table):
            return [self._table(b)]
        if isinstance(b, Chart):
            return self._chart(b)
        return []

    def _table(self, b: Table) -> Part:
        columns = [
            {"words": c.words.in_language(self.language), "is_number": is_number(c)} for c in b.columns
        ]
        note = b.note.in_language(self.language) if b.note else ""
        words = b.words.in_language(self.language)
        return {
            "kind": "table", "id": b.id, "words": words, "columns": columns, "rows": lines(b, self.language), "note": note,
            "is_wide": len(columns) >= WIDE_FROM and len(b.rows) > 1,
        }  # fmt: skip

    def _chart(self, b: Chart) -> list[Part]:
        table = self.content.block(b.table)
        if not isinstance(table, Table) or (b.kind == "map" and not self.outlines):
            return []
        at = [table.column(key) for key in b.values]
        if not any(isinstance(row[i], int | float) for row in table.rows for i in at):
            return []  # everything in it is withheld
        address = f"chart:{b.id}"
        self.pictures[address] = (b, table)
        return [
            {
                "kind": "chart",
                "is_half": b.is_half,
                "id": b.id,
                "words": b.words.in_language(self.language),
                "address": address,
            }
        ]

    def picture(self, address: str, *, form: Any = "svg") -> bytes | None:
        """Draw the chart of an address."""
        chart, table = self.pictures[address]
        return draw(chart, table, self.language, self.outlines, form=form)
