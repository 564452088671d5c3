"""Papers that lie beside a data file: what each file is, what each column means, where all of it comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from core.terms import Words
from reports.code_mark import code_version
from reports.definitions import Definition
from reports.export_columns import Column, ColumnKind
from reports.export_disclosure import SHUFFLE_SEED
from reports.export_figures import FIGURE_HEAD, Published
from reports.export_files import csv_bytes
from reports.export_replicates import Replicated
from reports.export_respondents import Respondents
from survey.waves import Wave
from survey.weighting import WeightSet

CODEBOOK_HEAD = (
    "column",
    "kind",
    "measure",
    "label_zh",
    "label_en",
    "code",
    "value_zh",
    "value_en",
    "known",
    "missing",
)
FILES = {
    "README.zh.md": Words("本说明（中文）", "this text in Chinese"),
    "README.en.md": Words("本说明（英文）", "this text in English"),
    "provenance.json": Words("来历：定义、数据截止、权数集、程序版本、种子", "where it comes from: definition, data cut, weight set, code version, seeds"),
    "interviews.csv": Words("每行一位受访者，值为代码", "one row per respondent, values as codes"),
    "interviews.sav": Words("同上，SPSS，带变量与取值标签", "the same for SPSS, with labels of variables and values"),
    "interviews.dta": Words("同上，Stata，带标签", "the same for Stata, with labels"),
    "interviews.parquet": Words("同上，Parquet，标签在模式的元数据里", "the same as Parquet, labels in the schema's metadata"),
    "codebook.csv": Words("编码簿：每列每码一行，中英文", "codebook: a line per column and code, both languages"),
    "codebook.md": Words("编码簿，供人阅读", "codebook, for reading"),
    "replicate_weights.csv": Words("复制权数，行序与 interviews.csv 相同", "replicate weights, rows as in interviews.csv"),
    "replication.csv": Words("每个复制权数的方差系数（scale、rscale）", "scale and rscale of each replicate weight"),
    "margins.csv": Words("校准所用的人口边际", "the population margins that weights were raked to"),
    "indices.csv": Words("每个数字由哪些列、以多大份额组成", "which columns make up each figure, and their shares"),
    "published.csv": Words("公布的数字，全精度", "the published figures at full precision"),
    "differences.csv": Words("县与县之差及其误差", "differences between counties and their errors"),
    "aggregates.json": Words("全部数字与来历，供程序读取", "all figures with their provenance, for programs"),
    "reproduce.R": Words("用 R 的 survey 包重算全部公布数字", "recomputes every published figure with R's package survey"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Contents:
    """Everything that goes into a bundle, before it is written."""

    made: WeightSet
    wave: Wave
    people: Respondents
    drawn: Replicated
    figures: Sequence[Published]
    without_differences: Sequence[str]
    definition: Definition | None


def provenance(session: Session, c: Contents) -> dict[str, Any]:
    """Say where the data come from; counts and rules only."""
    edition, found = c.wave.edition, c.people.disclosure
    return {
        "wave": {"zh": c.wave.name, "en": c.wave.name_en},
        "questionnaire": [edition.code, edition.version, edition.sha256] if edition else None,
        "period": [c.made.starts_on.isoformat(), c.made.ends_on.isoformat()],
        "data_cut": c.made.as_of.isoformat(),
        "weight_set": c.made.id,
        "weight_set_made_at": c.made.made_at.isoformat(),
        "is_published": c.made.is_published,
        "interviews": c.made.interviews,
        "code_version": code_version(),
        "definition": msgspec.to_builtins(c.definition) if c.definition else None,
        "parts": {
            key: [{"column": column, "share": share} for column, share in parts]
            for key, parts in c.people.parts.items()
        },
        "variance": "Taylor linearisation with residuals of the raking; no finite population correction",
        "single_psu": "adjust",
        "replicates": {
            "method": c.drawn.method.value,
            "count": int(c.drawn.replicates.rscales.size),
            "seed": c.drawn.seed,
            "redrawn": c.drawn.redrawn,
            "scale": c.drawn.replicates.scale,
        },
        "disclosure": {
            "k": found.least,
            "rare": int(found.rare.sum()),
            "township_blanked": int(found.blanked.sum()),
            "smallest_combination": found.smallest,
            "order": "sorted by contents, then shuffled",
            "shuffle_seed": SHUFFLE_SEED,
        },
        "weighting": c.made.provenance,
    }


def aggregates(facts: dict[str, Any], c: Contents) -> bytes:
    """Write all figures with their provenance as JSON."""
    figures = [dict(zip(FIGURE_HEAD, p.cells, strict=True)) for p in c.figures]
    text = json.dumps({"provenance": facts, "figures": figures}, ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode("utf-8")


def codebook_csv(columns: Sequence[Column]) -> bytes:
    """Write a line per column and a line per code of it."""
    rows: list[list[object]] = []
    for c in columns:
        known = int((c.values == c.values).sum())
        about = [c.name, c.kind.value, c.measure.value, c.words.in_language("zh"), c.words.in_language("en")]
        rows.append([*about, "", "", "", known, c.values.size - known])
        for n, words in c.labels.items():
            count = int((c.values == n).sum())
            rows.append([*about, n, words.in_language("zh"), words.in_language("en"), count, ""])
    return csv_bytes(CODEBOOK_HEAD, rows)


def codebook_text(columns: Sequence[Column], language: str) -> bytes:
    """Write the codebook for reading, in one language."""
    say = _speaker(language)
    lines = [f"# {say('编码簿', 'Codebook')}", ""]
    for kind in ColumnKind:
        own = [c for c in columns if c.kind is kind]
        if not own:
            continue
        lines += [f"## {kind.in_language(language)}", ""]
        lines += [f"| {say('列', 'Column')} | {say('含义', 'Meaning')} | {say('取值', 'Values')} | {say('有值', 'Known')} |", "|---|---|---|---|"]  # fmt: skip
        for c in own:
            shown = list(c.labels.items())[:40]
            values = say("；", "; ").join(f"{n} = {w.in_language(language)}" for n, w in shown)
            more = "" if len(c.labels) <= 40 else say(" ……见 codebook.csv", " … see codebook.csv")
            known = int((c.values == c.values).sum())
            text = c.words.in_language(language).replace("|", "/").replace("\n", " ")
            lines.append(f"| `{c.name}` | {text} | {values.replace('|', '/')}{more} | {known} |")
        lines.append("")
    return "\n".join(lines).encode("utf-8")


def read_me(c: Contents, names: Sequence[str], columns: int, language: str) -> bytes:
    """Write what a reader of the bundle must know, in one language."""
    say = _speaker(language)
    found, drawn = c.people.disclosure, c.drawn
    count = int(drawn.replicates.rscales.size)
    period = say("{a} 至 {b}", "{a} to {b}").format(a=c.made.starts_on, b=c.made.ends_on)
    name = c.wave.name if language == "zh" or not c.wave.name_en else c.wave.name_en
    lines = [
        f"# {name}{say('：', ': ')}{period}",
        "",
        say("听民导出的受访者数据，不含身份。", "Respondents' data exported by Tingmin, without identity."),
        "",
        f"## {say('文件', 'Files')}",
        "",
        *(f"- `{n}`{say('：', ': ')}{FILES[n].in_language(language)}" for n in sorted(names) if n in FILES),
        "",
        f"## {say('来历', 'Where it comes from')}",
        "",
        say("- 权数集 {id}，数据截止 {cut}，{n} 份完成的访问，{k} 列。", "- Weight set {id}, data cut {cut}, {n} complete interviews, {k} columns.").format(
            id=c.made.id, cut=c.made.as_of.isoformat(timespec="seconds"), n=c.people.size, k=columns
        ),
        say("- 问卷 {code} 第 {v} 版；程序版本 {version}。", "- Questionnaire {code}, edition {v}; code version {version}.").format(
            code=c.wave.edition.code if c.wave.edition else "", v=c.wave.edition.version if c.wave.edition else "", version=code_version()
        ),
        "",
        f"## {say('怎样估计', 'How to estimate')}",
        "",
        say(
            "- 估计值用 `weight`。误差：以 `stratum` 为层、`psu`（一人）为单元，对校准前的 `weight_nonresponse` 按 `margins.csv` 校准，取校准残差的泰勒线性化；公布的误差不用有限总体校正，`stratum_population`、`stratum_released`、`fpc` 供需要者使用。",
            "- Estimate with `weight`. Errors: strata `stratum`, units `psu` (one person), `weight_nonresponse` raked to `margins.csv`, Taylor linearisation with the residuals of the raking. The published errors use no finite population correction; `stratum_population`, `stratum_released` and `fpc` are there for those who want it.",
        ),
        say(
            "- 复制权数 {n} 个：{method}，逐个按边际重新校准，种子 {seed}，{again} 个因缺少某类而重抽。方差 = scale × Σ rscale × (θ_r − 复制均值)²，系数见 `replication.csv`。",
            "- {n} replicate weights: {method}, each raked anew to the margins, seed {seed}, {again} drawn again because a category had nobody. Variance = scale × Σ rscale × (θ_r − mean of the replicates)²; factors in `replication.csv`.",
        ).format(n=count, method=drawn.method.in_language(language), seed=drawn.seed, again=drawn.redrawn),
        say(
            "- `Rscript reproduce.R` 重算每一个公布数字，差异超过 1e-9 时以非零状态退出。survey 4.1 在校准后不给出域间协方差，故县与县之差用复制权数；`differences.csv` 另列线性化误差供对照。",
            "- `Rscript reproduce.R` recomputes every published figure and exits non-zero where one differs by more than 1e-9. survey 4.1 gives no covariances between domains after calibration, hence differences between counties go through the replicate weights; `differences.csv` has the linearised error beside them.",
        ),
        *(
            [say("- 以下指数没有县间差异，因为有的复制样本在某县无人作答：{names}。", "- No differences between counties for {names}: some replicate has nobody who answered in a county.").format(names=", ".join(c.without_differences))]
            if c.without_differences
            else []
        ),
        say(
            "- 空白表示没有问到；98 不知道，99 拒答或没有说，97 其他。计数以 9 封顶（9 表示 9 及以上）。",
            "- Empty means not asked; 98 don't know, 99 refused or not told, 97 other. Counts end at 9 (nine and more).",
        ),
        "",
        f"## {say('防止认出受访者', 'Keeping respondents unknown')}",
        "",
        say(
            "- 没有号码、姓名、访问编号、工作人员编号、具体时间和任何文字回答；年龄只有组，时间只到周。",
            "- No numbers, names, interview ids, staff ids, exact times, nor any answer in words; age in groups only, time by week only.",
        ),
        say(
            "- 行的顺序不含意义：先按内容排序，再以固定种子 {seed} 打乱；倒推只能得到按内容的排序。层的编号同样没有意义。",
            "- The order of the rows carries nothing: sorted by their contents, then shuffled with the fixed seed {seed}; undoing it gives the sorting, no more. Nor do the strata's numbers mean anything.",
        ).format(seed=SHUFFLE_SEED),
        say(
            "- k = {k}：县、性别、年龄组、文化程度、城乡五项组合不足 {k} 人的，共 {rare} 行，不给周；其所在的层一律不给乡镇，共 {blank} 行，因为同层的人会透露乡镇。校准需要这五项，所以它们仍在文件里：最少见的组合有 {least} 人。数据只给有保密义务的人使用，不得公开。",
            "- k = {k}: where fewer than {k} people share county, sex, age group, education and urban or rural ({rare} rows) the week is left out; the township is left out for the whole of their strata ({blank} rows), as a neighbour in the stratum would tell it. Raking needs those five, so they stay in the file: the rarest combination has {least}. The data are for people bound to secrecy, never for publication.",
        ).format(k=found.least, rare=int(found.rare.sum()), blank=int(found.blanked.sum()), least=found.smallest),
        say(
            "- 层很小时，基础权数与层内号码数可能与抽样框对应；能看到抽样框的人不得把二者相连。",
            "- Of a small stratum, base weight and numbers in the frame may be matched with the frame; who sees the frame must not join the two.",
        ),
        "",
        f"## {say('使用与保密', 'Use and confidentiality')}",
        "",
        say(
            "内部资料，依《统计法》与《个人信息保护法》保管。只可用于统计分析；不得试图认出任何人；不得与其他名单相连；不得转交；用后删除。发表的数字须注明期、样本量与置信区间，并遵守不予公布的规则。",
            "Internal material, kept under the Statistics Law and the Personal Information Protection Law. For statistical analysis only: do not try to find out who anyone is, do not join it to other lists, do not pass it on, delete it after use. Printed figures name period, sample size and confidence interval, and keep the rules of suppression.",
        ),
        "",
    ]  # fmt: skip
    return "\n".join(lines).encode("utf-8")


def _speaker(language: str) -> Any:
    return lambda zh, en: en if language == "en" else zh
