"""The kit of parts in a real browser: charts under the strict policy, keys, sheets, live parts, both schemes."""

from __future__ import annotations

import pytest
from flask import render_template_string
from playwright.sync_api import Browser, Page, expect

from core.permissions import open_to_all
from tests.journeys.conftest import PHONE, House, assert_accessible, no_sideways_scroll, picture

pytestmark = pytest.mark.browser

SPECIMEN = """
{% extends "base.html" %}{% import "kit.html" as kit %}
{% block title %}{{ t("样张", "Specimen") }}{% endblock %}
{% block status %}<span class="chip chip-green">{{ t("空闲", "Free") }}</span>{% endblock %}
{% block content %}
<h1>{{ t("样张", "Specimen") }}</h1>
<div class="stack">
<div class="grid cols-5">
{{ kit.figure(t("等候", "Waiting"), 2, t("最久 0:41", "longest 0:41")) }}
{{ kit.figure(t("20 秒内接听", "Answered in 20 s"), "96.1", t("目标 95%", "target 95%"), tone="green", unit="%") }}
{{ kit.figure(t("放弃", "Abandoned"), "2.3", t("3 通", "3 calls"), tone="yellow", unit="%") }}
{{ kit.figure(t("逾期", "Overdue"), "4", t("两件红色", "two red"), tone="red") }}
{% call kit.figure(t("安全感指数", "Sense of security"), "91.4", t("95 % 区间 90.1–92.5", "95% interval 90.1–92.5"), unit="%") %}
{{ kit.explain(t("怎么算的", "How this is made"), "Σ w·y / Σ w") }}{% endcall %}
</div>
<div class="grid cols-main">
{% call kit.card(t("各县", "Counties")) %}
{% call kit.chart(t("各县安全感", "Security by county"), data=figure, height=260) %}
<table><thead><tr>{{ kit.th(t("县", "County")) }}{{ kit.th("%", numeric=True) }}</tr></thead><tbody><tr><td>{{ t("清河", "Qinghe") }}</td><td class="num">91.4</td></tr></tbody></table>
{% endcall %}{% endcall %}
{% call kit.card(t("读题", "Reading")) %}
<p class="read-aloud">{{ t("在目前的社会治安环境下，您感觉", "In the present state of public order, do you feel") }} <b>{{ t("很安全", "very safe") }}</b>?</p>
<div role="radiogroup" aria-label="{{ t('选项', 'Options') }}" class="options">
<button class="option" role="radio" aria-checked="true" data-key="1" id="one"><kbd>1</kbd> {{ t("很安全", "Very safe") }}</button>
<button class="option" role="radio" aria-checked="false" data-key="2"><kbd>2</kbd> {{ t("比较安全", "Rather safe") }}</button>
</div>
{{ kit.choices("urgency", t("紧急程度", "Urgency"), [("u1", "U1"), ("u2", t("U2 安全隐患", "U2 hazard"))], "u2") }}
{{ kit.area_field("said", t("他/她说的是什么", "What they say"), error=t("请填写", "Needed")) }}
<p class="say">{{ t("请读出：“登记了。”", "Read out: “It is registered.”") }}</p>
<div class="keybar"><span><kbd>Enter</kbd> {{ t("下一题", "Next") }}</span><span><kbd>?</kbd> {{ t("全部按键", "All keys") }}</span></div>
{% endcall %}
</div>
{{ kit.notice(t("已保存。", "Saved."), "good") }}{{ kit.notice(t("快到期了。", "Due soon."), "warn") }}{{ kit.notice(t("没有成功。", "Failed."), "bad") }}
<p class="chips">{{ kit.chip("green", t("绿", "Green")) }}{{ kit.chip("yellow", t("黄", "Yellow")) }}{{ kit.chip("red", t("红", "Red")) }}{{ kit.chip("blue", t("蓝", "Blue")) }}{{ kit.chip("", t("无", "None")) }}</p>
{{ kit.progress(38, 100, t("进度", "Progress")) }}
<div class="row">{{ kit.button("/part", t("接听", "Answer"), "primary", key="Space") }}
{% call kit.confirm("end", "/part", t("删除", "Delete"), t("删除？", "Delete?"), t("不能恢复。", "Can't be undone."), t("删除", "Delete")) %}{% endcall %}</div>
{% call kit.live("/part", every=1, id="part") %}<p>0</p>{% endcall %}
</div>
{% endblock %}
{% block keylist %}{{ kit.keys([("Enter", t("下一题", "Next")), ("F2", t("登记诉求", "Register"))]) }}{% endblock %}
"""
FIGURE = {
    "data": [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [91.4, 88.2, 85.0],
            "y": ["A", "B", "C"],
            "error_x": {"type": "data", "array": [1.2, 1.5, 2.0], "color": "token:accent"},
            "marker": {"color": "token:accent", "size": 9},
        }
    ],
    "layout": {"xaxis": {"ticksuffix": "%"}},
}


def furnish(house: House) -> None:
    """Put a page with every part of the kit into the house."""
    counted = iter(range(1, 10_000))
    house.app.add_url_rule(
        "/specimen", "specimen", open_to_all(lambda: render_template_string(SPECIMEN, figure=FIGURE))
    )
    house.app.add_url_rule("/part", "part", open_to_all(lambda: f"<p>{next(counted)}</p>"))


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_part_is_accessible(browser: Browser, house: House, language: str, scheme: str) -> None:
    furnish(house)
    for size, where in (({"width": 1366, "height": 768}, "office"), (PHONE, "phone")):
        context = browser.new_context(
            base_url=house.url,
            locale=language,
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport=size,  # type: ignore[arg-type]
        )
        page = context.new_page()
        page.goto("/specimen")
        expect(page.locator(".chart-area .main-svg").first).to_be_visible()
        assert_accessible(page)
        no_sideways_scroll(page)
        picture(page, f"specimen-{language}-{scheme}-{where}")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert_accessible(page)
        context.close()


def test_charts_obey_the_policy_keys_press_and_parts_stay_fresh(page: Page, house: House) -> None:
    furnish(house)
    page.goto("/specimen")
    expect(page.locator(".chart-area .main-svg").first).to_be_visible()
    page.evaluate(
        "document.getElementById('one').addEventListener('click', (e) => { e.target.dataset.hit = '1' })"
    )
    page.keyboard.press("1")
    expect(page.locator("#one")).to_have_attribute("data-hit", "1")
    page.get_by_label("他/她说的是什么").focus()
    page.keyboard.type("2?")
    expect(page.get_by_label("他/她说的是什么")).to_have_value("2?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#part")).not_to_have_text("0")
    page.get_by_role("button", name="删除").click()
    expect(page.get_by_role("heading", name="删除？")).to_be_visible()
    page.get_by_role("button", name="不，返回").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
