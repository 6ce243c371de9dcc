//! The words the grammar turns on. They are words of planning and of grammar, never of one plan;
//! names of indicators stand in the dictionary instead. The lists are kept several words to a line by hand.

/// Verbs that make a count of things an aim.
#[rustfmt::skip]
pub(super) const ACTIONS: &[&str] = &[
    "完成", "创建", "创立", "创成", "建成", "建设", "新建", "改建", "扩建", "改扩建", "打造", "引进", "招聘",
    "招录", "录用", "录取", "选派", "选送", "派出", "派遣", "安排", "安置", "培养", "培训", "组织", "举办",
    "开展", "启动", "发放", "购置", "配备", "配置", "增设", "新增", "增加", "争创", "争取", "力争", "确定",
    "选取", "选择", "遴选", "选", "检查", "筛查", "体检", "救助", "资助", "接入", "实现", "拟", "评选",
    "推出", "发表", "刊发", "投稿", "签约", "建立", "设立", "改造", "申报", "制作", "印制", "推进", "确保",
    "保证", "扶持", "补充", "充实", "开设", "设置", "布局", "更新", "添置", "订购", "编写", "命名", "认定",
    "抽查", "办理", "征订", "走访", "新开", "承办", "开课", "授课", "巡讲",
];

/// Words that name a rhythm.
#[rustfmt::skip]
pub(super) const RHYTHMS: &[&str] = &[
    "每年", "每月", "每季", "每周", "每天", "每日", "每半年", "每学期", "每两", "每2", "每3", "一年",
    "每个月", "每人", "每例", "每次", "月均", "每旬", "每两年", "每轮", "每孕", "每学年", "年均",
];

/// Parameters of insurance and subsidy.
#[rustfmt::skip]
pub(super) const POLICY: &[&str] = &[
    "封顶线", "起付线", "筹资标准", "支付额度", "支付限额", "自负", "自付", "救助比例", "补助标准",
    "报销比例", "财政补助", "补偿标准", "定额", "配套",
];

/// Words that open a clause before the indicator begins.
#[rustfmt::skip]
pub(super) const LEADS: &[&str] = &[
    "确保", "力争", "争取", "努力", "切实", "保证", "实现", "使", "让", "将", "把", "要求", "要", "应",
    "继续", "进一步", "全面", "不断", "逐步", "并", "且", "同时", "其中", "即", "以及", "及", "和", "与",
    "、", "今年", "本年度", "年内", "全年", "至", "年底前", "年底", "对于", "其", "提高", "提升", "降低",
    "严格", "有效", "大力", "完成", "达到", "稳定", "保持", "巩固", "的", "到", "预期", "预计", "计划",
    "平均每", "使得", "促使", "推动", "做到", "持续", "下降", "减少", "控制", "落实", "加强", "(", ")", "“",
    "”", "《", " ", "\t", "*", "-", "~", "★", "●", "■", "◆", "▲",
];

/// Words that close a phrase before its cue.
#[rustfmt::skip]
pub(super) const TRAILS: &[&str] = &[
    "要", "应", "须", "必须", "均", "都", "分别", "各", "也", "力争", "确保", "保持", "稳定", "继续", "始终",
    "总体", "逐步", "不断", "有所", "同比", "较上年", "比上年", "较去年", "比去年", "全年", "年内", "的",
    "目标值", "要求", "能", "可", "仍", "将", "年均", "在现有基础上", "在原有基础上", "在上年基础上",
    "在去年基础上", "现有基础上", "每年", "至少", "平均", "需", "需要", "应当", "可以", "进一步", "努力",
    "争取", "(", ":", " ", "“", "=", "、", "在", "务必", "一律", "全部", "双双", "同步", "稳步", "合计",
    "总计", "共", "约", "分", "达", "达到", "完成", "\t", "任务", "目标",
];

/// The nouns a rate ends with.
#[rustfmt::skip]
pub(super) const RATE_HEADS: &[&str] = &[
    "率", "比例", "比", "比重", "占比", "指数", "系数", "密度", "满意度", "知晓度", "素养水平", "率)",
    "培训面", "覆盖面", "知晓面", "受益面", "施行面", "普及面", "受教面",
];

/// The nouns an amount ends with.
#[rustfmt::skip]
pub(super) const AMOUNT_HEADS: &[&str] = &[
    "数", "人次", "人数", "例数", "收入", "总量", "量", "床位", "面积", "经费", "次数", "日", "时间", "天数",
    "得分", "成绩", "分数", "评分", "总额", "资金", "规模", "医师", "护士", "病种",
];

/// Words that narrow an indicator named earlier: "城市80%以上,农村75%以上".
#[rustfmt::skip]
pub(super) const RESIDENCES: &[&str] = &[
    "城市", "农村", "城区", "县城", "市区", "乡镇", "城镇", "村级", "县级", "市级", "省级", "乡级", "镇级",
    "流动人口", "常住人口", "户籍人口", "城乡", "社区", "中心城区", "郊区", "山区", "牧区", "其中", "县", "乡", "村",
    "一级", "二级", "三级", "居民", "城镇居民", "农村居民", "公立", "民营", "男性", "女性", "男", "女",
];

/// Places and populations that narrow an indicator without changing it.
#[rustfmt::skip]
pub(super) const QUALIFIERS: &[&str] = &[
    "全国", "全省", "全市", "全县", "全区", "全旗", "全州", "全镇", "全乡", "全街道", "全辖区", "全院",
    "全域", "我省", "我市", "我县", "我区", "我旗", "我镇", "我乡", "我院", "本省", "本市", "本县", "本区",
    "本镇", "本乡", "本院", "本辖区", "辖区内", "辖区", "县域", "市域", "区域内", "农村", "城市", "城镇",
    "城乡", "城区", "乡镇", "乡村", "街道", "社区", "县级", "市级", "区级", "镇级", "乡级", "村级", "省级",
    "常住", "户籍", "流动", "适龄", "目标人群", "服务人群", "重点人群", "总体", "总", "平均", "年度", "全年",
    "年", "当年", "免费", "国家", "基本", "各级", "各", "该", "其", "其中", "对", "使", "县", "市", "区",
    "镇", "乡", "省", "村", "全",
];

/// Populations: they may stand before a whole name, but are too much part of names to be dropped from any phrase.
#[rustfmt::skip]
pub(super) const POPULATIONS: &[&str] = &[
    "居民", "人口", "人群", "群众", "妇女", "新生儿", "儿童", "孕产妇", "产妇", "孕妇", "婴幼儿", "育龄",
    "夫妇",
];

/// Names that differ in one of these are different indicators however alike they look.
#[rustfmt::skip]
pub(super) const DECISIVE: &[&str] = &[
    "高危", "早孕", "产前", "产后", "孕前", "婚前", "婴儿", "新生儿", "孕产妇", "3岁", "5岁", "6岁", "7岁",
    "死亡", "艾滋", "梅毒", "乙肝", "知晓", "筛查", "诊断", "治疗", "随访", "管理", "建册", "建档", "听力",
    "先心病", "宫颈", "乳腺", "两癌", "母乳", "早产", "低体重", "叶酸", "服用", "依从", "住院", "剖宫产",
    "专案", "系统", "培训", "补助", "出院", "覆盖", "召回", "确诊", "转诊", "视力", "中医", "老年", "高血压",
    "糖尿病", "口腔", "眼", "发育", "肥胖", "贫血", "近视", "接种", "签约",
];

/// Headings of what is to come.
#[rustfmt::skip]
pub(super) const PLAN_HEADINGS: &[&str] = &[
    "计划", "目标", "要点", "打算", "下一步", "明年", "下年", "工作思路", "工作任务", "重点任务", "主要任务",
    "工作指标", "指标任务", "工作安排", "工作措施", "主要措施", "保障措施", "工作要求", "实施方案", "规划",
];

/// Headings of what has been.
#[rustfmt::skip]
pub(super) const REPORT_HEADINGS: &[&str] = &[
    "总结", "回顾", "完成情况", "工作成效", "主要成效", "取得的成绩", "取得成效", "存在的问题", "存在问题",
    "主要问题", "工作情况", "开展情况", "落实情况", "进展情况", "现状", "工作汇报", "工作报告", "工作成绩",
    "基本情况", "自查", "管理情况", "提供情况",
];

/// Words of a sentence that reports.
#[rustfmt::skip]
pub(super) const REPORTING: &[&str] = &[
    "已达", "已完成", "已建", "已开展", "已经", "实际完成", "截至", "截止", "累计", "共计", "总计", "取得了",
    "上年度", "上年,", "一年来", "统计年度,", "年报数据", "报表数据", "实现了", "共检查", "共筛查", "共完成",
    "共举办", "共开展", "共发放", "共新建", "同比上升了",
];

/// Words of a clause that aims, whatever stands around it.
#[rustfmt::skip]
pub(super) const AIMING: &[&str] = &[
    "力争", "确保", "争取", "不低于", "不少于", "不得低于", "不超过", "控制在", "稳定在", "保持在", "目标",
    "任务", "须达", "应达", "要达", "计划完成", "≥", "≤",
];

/// Words that make an aim out of a figure inside a report.
#[rustfmt::skip]
pub(super) const AIMS_IN_REPORTS: &[&str] = &[
    "目标", "任务", "力争", "确保", "要求", "标准", "下一步", "明年", "计划",
];

/// Words of plans; a text needs several different ones when no known indicator is aimed at.
#[rustfmt::skip]
pub(super) const PLAN_WORDS: &[&str] = &[
    "计划", "目标", "要点", "任务", "指标", "工作", "措施", "落实", "加强", "推进", "完善", "开展", "确保",
    "力争", "管理率", "覆盖率", "考核", "督导", "规划", "保障", "强化", "健全",
];

/// Words of names whose figure should be low.
#[rustfmt::skip]
pub(super) const LOWER_IS_BETTER: &[&str] = &[
    "死亡", "发生率", "发病率", "患病率", "剖宫产", "感染率", "废证", "缺陷", "贫血", "低体重", "肥胖",
    "近视", "漏报", "流产", "传播率", "差错", "投诉", "自付", "自负", "缓慢", "龋", "失访", "流失", "性别比",
];

/// The words for a mean that a plan compares with.
pub(super) const MEANS: &[&str] = &["平均水平", "均值", "平均值", "平均数", "平均线", "平均"];
/// What may stand before the places of a mean.
#[rustfmt::skip]
pub(super) const MEAN_CUES: &[&str] = &[
    "控制在", "低于", "不高于", "不超过", "少于", "不低于", "高于", "优于", "超过", "达到", "保持在", "稳定在", "降到", "降至", "在",
];
/// The places a mean is taken over, and what joins them.
#[rustfmt::skip]
pub(super) const MEAN_PLACES: &[&str] = &[
    "全国", "全省", "全市", "全县", "全区", "全州", "省级", "市级", "国家", "自治区", "省", "市", "县", "州", "、", "和", "及", "的", "水平",
];
/// Closing words that put the target below a mean.
pub(super) const BELOW_MEAN: &[&str] = &["及以下", "以下", "之下", "以内"];
/// Closing words that put the target above a mean.
pub(super) const ABOVE_MEAN: &[&str] = &["及以上", "以上", "之上"];

/// Verbs that leave none of what follows.
#[rustfmt::skip]
pub(super) const ZERO_VERBS: &[&str] = &["消灭", "消除", "杜绝", "严禁发生", "无发生", "避免发生", "不发生"];
/// States in which none is left of what stands before.
pub(super) const ZERO_STATES: &[&str] = &["零死亡", "零发生", "为零", "零事故"];
/// Cases that can be counted, so that "none" is a target.
pub(super) const ZERO_CASES: &[&str] = &[
    "死亡",
    "破伤风",
    "脊髓灰质炎",
    "责任事故",
    "医疗事故",
    "安全事故",
];

/// Verbs of a wish without a number.
#[rustfmt::skip]
pub(super) const WISHES: &[&str] = &["严格控制", "有效降低", "努力降低", "逐步降低", "降低", "提高", "提升", "减低", "减少"];
/// Levels that are named without a number.
#[rustfmt::skip]
pub(super) const WISHED_LEVELS: &[&str] = &["控制在合理水平", "控制在合理范围", "稳中有降", "逐年下降", "持续下降", "保持较低水平"];

/// Words that give one value to each of several names, or one value of several to each name.
#[rustfmt::skip]
pub(super) const DISTRIBUTIVE: &[&str] = &["分别", "均", "都达", "都要", "都在", "都保持", "各", "双双", "项指标", "三项", "两项", "四项"];

/// Words that measure a change against an earlier year.
#[rustfmt::skip]
pub(super) const BASE_YEARS: &[&str] = &[
    "同比", "较上年", "比上年", "较去年", "比去年", "较前一年", "比前一年", "环比", "年均", "上年基础", "去年基础", "年增长", "在上年", "在去年",
];

/// Words of administration that follow the name of what is to be done ("两癌筛查任务数").
#[rustfmt::skip]
pub(super) const TASK_WORDS: &[&str] = &["目标任务数", "任务数", "任务量", "任务", "目标数", "目标值", "目标", "指标", "数量", "计划数"];
