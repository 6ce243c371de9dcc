link-title = 关联档案
link-restricted = 无权查看
link-open = 在册
link-waiting = 待补填建册
link-withdrawn = 已撤销
link-fill-in = 补填建册表
link-perhaps = 可能重复登记：
link-differs = 与关联记录不一致，请核对：
