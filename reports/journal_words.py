"""What the journal calls the things done with reports."""

from core.terms import Term, Words
from reports.appraisal_terms import Indicator
from reports.deliveries import Way

WORDS = {
    "advice.give": Words("提出建议或批示", "Advice or instruction given"),
    "appraisal_appeal.file": Words("提出考核申诉", "Appeal against an appraisal filed"),
    "appraisal_round.draft": Words("统计考核轮次", "Round of appraisal counted"),
    "appraisal_scheme.change": Words("修改考核办法草稿", "Draft of a scheme of appraisal changed"),
    "appraisal_scheme.draft": Words("起草考核办法", "Scheme of appraisal drafted"),
    "bulletin.assemble": Words("汇编简报", "Bulletin assembled"),
    "bulletin.comment": Words("编写简报说明", "Comment written in a bulletin"),
    "bulletin.deliver": Words("分送简报", "Bulletin delivered"),
    "bulletin_delivery.again": Words("再次发送简报通知", "Message of a bulletin sent again"),
    "bulletin_recipient.add": Words("加入分送名单", "Put on the distribution list"),
    "bulletin_recipient.end": Words("移出分送名单", "Taken off the distribution list"),
    "bulletin.read": Words("阅读简报", "Bulletin read"),
    "dashboard.export": Words("导出看板数据", "Dashboard table exported"),
    "data_export.ask": Words("申请导出数据", "Data export asked for"),
    "data_export.drop": Words("删除到期的数据文件", "Data file deleted in time"),
    "data_export.fetch": Words("下载导出的数据", "Exported data downloaded"),
    "data_export.make": Words("导出数据", "Data exported"),
    "index_definition.write": Words("更改指数定义", "Index definition written anew"),
    "place_shape.import": Words("导入地图边界", "Outlines of places taken in"),
    "report.export": Words("下载报告的数据或文件", "Figures or document of a report downloaded"),
    "root_cause.take_up": Words("记下问题根源", "Root cause taken up"),
}

TERMS: dict[str, tuple[type[Term], ...]] = {"indicator": (Indicator,), "way": (Way,)}
