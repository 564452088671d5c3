"""What the journal calls the things done with matters."""

from core.terms import Term, Words
from matters.attributes import Origin
from matters.partners import Scope
from matters.vault import Finding

WORDS = {
    "caller.dial": Words("拨打诉求人", "Caller rung"),
    "caller.take": Words("领取要联系的诉求人", "Caller taken up"),
    "exchange.take": Words("收到对接单位转来的诉求", "Matter taken from a partner"),
    "identity.allow": Words("核准开启身份", "Opening of an identity agreed"),
    "identity.ask": Words("申请开启身份", "Opening of an identity asked"),
    "identity.look": Words("查看身份", "Identity looked at"),
    "identity.refuse": Words("拒绝开启身份", "Opening of an identity refused"),
    "identity.review": Words("事后复核身份开启", "Opening of an identity reviewed"),
    "identity.told": Words("告知本人谁看过其身份", "Caller told who looked"),
    "joint_ruling.confirm": Words("确认联合裁定", "Joint ruling confirmed"),
    "joint_ruling.decline": Words("不确认联合裁定", "Joint ruling declined"),
    "joint_ruling.propose": Words("提出联合裁定", "Joint ruling proposed"),
    "knowledge.write": Words("撰写知识条目", "Article written"),
    "matter.address_kept": Words("保留了问题所在的地点", "Place of the problem left in the units' copy"),
    "matter.attach": Words("添加附件", "File attached"),
    "matter.attachment_read": Words("打开附件", "File opened"),
    "matter.bridge": Words("代拨诉求人", "Caller rung for a unit"),
    "matter.detach": Words("撤回附件", "File taken back"),
    "matter.exported": Words("导出诉求清单", "List of matters exported"),
    "matter.note_added": Words("诉求人补充", "Caller added something"),
    "matter.note_read": Words("打开诉求人的补充", "Caller's addition opened"),
    "matter.note_taken": Words("处理诉求人的补充", "Caller's addition dealt with"),
    "matter.raise": Words("登记诉求", "Matter raised"),
    "matter.read": Words("打开密封的诉求内容", "Sealed words of a matter opened"),
    "matter.reasons_read": Words("查看回访理由", "Reasons given at the revisit read"),
    "matter.recall": Words("复核回访", "Caller asked again by a third person"),
    "matter.receipt_text": Words("短信发送编号", "Receipt sent by text"),
    "matter.relay": Words("请中心转达", "Message to the caller left with the centre"),
    "matter.relay_passed": Words("已向诉求人转达", "Message passed on to the caller"),
    "matter.supervised": Words("督查室查看诉求", "Matter looked at by supervision"),
    "matter.viewed": Words("承办单位查看诉求", "Matter looked at by its unit"),
    "matter_import.begin": Words("开始导入诉求", "Import of matters begun"),
    "matter_import.check": Words("检查诉求导入文件", "File of matters checked"),
    "matter_import.pins": Words("取走导入诉求的编号和密码", "Receipts and PINs of imported matters fetched"),
    "matter_import.upload": Words("上传诉求导入文件", "File of matters uploaded"),
    "matter_notice.acknowledge": Words("确认提醒", "Notice acknowledged"),
    "matter_policy.announce": Words("公布办理时限规定", "Rules of time limits announced"),
    "matter_rates.exported": Words("导出办理指标", "Rates of handling exported"),
    "partner.create": Words("新增对接单位", "Partner set up"),
    "partner.renew": Words("更换对接令牌", "Partner's token renewed"),
    "partner.revoke": Words("停用对接单位", "Partner shut out"),
    "route_rule.drop": Words("删除分派规则", "Routing rule removed"),
    "route_rule.set": Words("设定分派规则", "Routing rule set"),
}

TERMS: dict[str, tuple[type[Term], ...]] = {
    "finding": (Finding,),
    "origin": (Origin,),
    "scope": (Scope,),
}
"""Whose codes stand beside them."""
