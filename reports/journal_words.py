"""What the journal calls the things done with reports."""

from core.terms import Words

WORDS = {
    "advice.give": Words("提出建议或批示", "Advice or instruction given"),
    "bulletin.assemble": Words("汇编简报", "Bulletin assembled"),
    "bulletin.comment": Words("编写简报说明", "Comment written in a bulletin"),
    "bulletin.deliver": Words("分送简报", "Bulletin delivered"),
    "bulletin.read": Words("阅读简报", "Bulletin read"),
    "data_export.ask": Words("申请导出数据", "Data export asked for"),
    "data_export.drop": Words("删除到期的数据文件", "Data file deleted in time"),
    "data_export.fetch": Words("下载导出的数据", "Exported data downloaded"),
    "data_export.make": Words("导出数据", "Data exported"),
    "index_definition.write": Words("更改指数定义", "Index definition written anew"),
    "place_shape.import": Words("导入地图边界", "Outlines of places taken in"),
    "root_cause.take_up": Words("记下问题根源", "Root cause taken up"),
}
