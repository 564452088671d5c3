"""What the journal calls the things done with reports."""

from core.terms import Words

WORDS = {
    "advice.drop": Words("建议不再办理", "Advice dropped"),
    "advice.finish": Words("建议已落实", "Advice carried out"),
    "advice.give": Words("提出建议或批示", "Advice or instruction given"),
    "advice.reopen": Words("建议重新办理", "Advice opened again"),
    "advice.take_up": Words("接办建议", "Advice taken up"),
    "bulletin.approve": Words("审定简报", "Bulletin approved"),
    "bulletin.assemble": Words("汇编简报", "Bulletin assembled"),
    "bulletin.comment": Words("编写简报说明", "Comment written in a bulletin"),
    "bulletin.correct": Words("以更正版代替简报", "Bulletin replaced by a corrected edition"),
    "bulletin.deliver": Words("分送简报", "Bulletin delivered"),
    "bulletin.discard": Words("作废简报草稿", "Draft of a bulletin discarded"),
    "bulletin.issue": Words("签发简报", "Bulletin issued"),
    "bulletin.read": Words("阅读简报", "Bulletin read"),
    "bulletin.send_back": Words("退回简报修改", "Bulletin sent back"),
    "bulletin.submit": Words("简报送核", "Bulletin sent for checking"),
    "bulletin.withdraw": Words("撤回简报", "Bulletin withdrawn"),
    "index_definition.write": Words("更改指数定义", "Index definition written anew"),
    "place_shape.import": Words("导入地图边界", "Outlines of places taken in"),
}
