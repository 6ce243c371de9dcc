//! The grammar of targets, one sentence per line: what is read and what is left alone.

use super::{read, show};

/// A sentence inside a plan and all that is read from it, joined by "; ".
fn check(sentence: &str, want: &str) {
    let plan = read(&format!("工作计划目标任务指标落实\n{sentence}\n"));
    let found: Vec<String> = plan
        .targets
        .iter()
        .filter(|target| target.span.line == 2)
        .map(show)
        .collect();
    assert_eq!(found.join("; "), want, "{sentence}");
}

#[test]
fn comparators() {
    check("早孕建册率达到90%", ">= 90% early_booking_rate");
    check("早孕建册率不低于90%", ">= 90% early_booking_rate");
    check("早孕建册率保持在90%以上", ">= 90% early_booking_rate");
    check("早孕建册率≥90%", ">= 90% early_booking_rate");
    check("早孕建册率在90%左右", "~ 90% early_booking_rate");
    check("早孕建册率90%-95%", "range 90-95% early_booking_rate");
    check("剖宫产率控制在40%", "<= 40% caesarean_rate");
    check("剖宫产率降至40%", "<= 40% caesarean_rate");
    check("剖宫产率不高于40%", "<= 40% caesarean_rate");
    check("剖宫产率达到40%", "<= 40% caesarean_rate");
    check("剖宫产率低于全市平均水平", "<ref % caesarean_rate");
    check("早孕建册率高于全省平均水平", ">ref % early_booking_rate");
    check("婴儿死亡率稳定在5‰以下", "<= 5‰ infant_mortality_rate");
    check(
        "完成免费孕前优生健康检查1200对",
        "= 1200对 preconception_couples",
    );
    check(
        "免费孕前优生健康检查不少于1200对",
        ">= 1200对 preconception_couples",
    );
}

#[test]
fn numerals() {
    check(
        "产后访视率达百分之九十五点五以上",
        ">= 95.5% postpartum_visit_rate",
    );
    check("产后访视率达九成以上", ">= 90% postpartum_visit_rate");
    check("产后访视率达９５．５％", ">= 95.5% postpartum_visit_rate");
    check(
        "孕产妇死亡率控制在十万分之十二以内",
        "<= 12/10万 maternal_mortality_ratio",
    );
    check(
        "孕产妇死亡率控制在12/十万以内",
        "<= 12/10万 maternal_mortality_ratio",
    );
    check(
        "婴儿死亡率控制在千分之五以内",
        "<= 5‰ infant_mortality_rate",
    );
    check(
        "两癌检查人数达到12,000人以上",
        ">= 12000人 two_cancer_women",
    );
    check("两癌检查人数不低于1.2万人", ">= 1.2万人 two_cancer_women");
    check("建成一所标准化妇幼保健院", "= 1所 [标准化妇幼保健院]");
    check("提供不少于四种健康教育处方", ">= 4种 handout_kinds");
    check("出生人流比控制在1:0.9以下", "<= 0.91:x abortion_ratio");
    check("总和生育率1.5左右", "~ 1.5 total_fertility_rate");
}

#[test]
fn lists() {
    check(
        "婴儿与5岁以下儿童死亡率分别控制在5‰与6‰以下",
        "<= 5‰ infant_mortality_rate; <= 6‰ under5_mortality_rate",
    );
    check(
        "早孕建册率、产后访视率均达90%",
        ">= 90% early_booking_rate; >= 90% postpartum_visit_rate",
    );
    check(
        "早孕建册率,产后访视率,产前检查率均达90%",
        ">= 90% early_booking_rate; >= 90% postpartum_visit_rate; >= 90% antenatal_exam_rate",
    );
    check(
        "早孕建册率、产后访视率和剖宫产率分别为90%、85%和40%",
        ">= 90% early_booking_rate; >= 85% postpartum_visit_rate; <= 40% caesarean_rate",
    );
    check(
        "孕产妇艾滋病、梅毒和乙肝检测率达95%",
        ">= 95% pmtct_test_rate",
    );
    check(
        "产、儿科床位分别增加40张、20张",
        "= 40张 obstetric_beds; = 20张 paediatric_beds",
    );
    check(
        "增补叶酸知晓率、服用率达90%",
        ">= 90% folic_acid_knowledge_rate; >= 90% folic_acid_use_rate",
    );
    check(
        "引进学科带头人2名,专业技术人员60人",
        "= 2名 [学科带头人]; = 60人 [专业技术人员]",
    );
}

#[test]
fn where_the_name_stands() {
    check(
        "两癌防治知识知晓率:城市80%以上,农村75%以上",
        ">= 80% two_cancer_awareness_rate; >= 75% two_cancer_awareness_rate",
    );
    check(
        "剖宫产率县级医院控制在35%以内,乡镇控制在25%以内",
        "<= 35% caesarean_rate; <= 25% caesarean_rate",
    );
    check(
        "55%以上的基层医疗机构开展妇幼健康规范化门诊建设",
        ">= 55% standard_clinic_rate",
    );
    check("早孕建册率由85%提高到90%", ">= 90% early_booking_rate");
    check(
        "在去年85%的基础上早孕建册率达到90%",
        ">= 90% early_booking_rate",
    );
    check(
        "培训人员覆盖率应达到助产机构人员的90%以上",
        ">= 90% training_rate",
    );
    check(
        "完善婚检项目,完整率90%以上",
        ">= 90% premarital_completeness_rate",
    );
    check(
        "到2025年,全县早孕建册率达到90%",
        ">= 90% early_booking_rate",
    );
    check("产前检查5次及以上率85%", ">= 85% five_checks_rate");
    check(
        "指标(1)早孕建卡率达85%以上(2)产后访视率达80%以上2、重大项目",
        ">= 85% early_booking_rate; >= 80% postpartum_visit_rate",
    );
}

#[test]
fn changes() {
    check(
        "门诊人次达到67000人次,同比增长10%",
        "= 67000人次 outpatient_visits; >= 10% outpatient_visits",
    );
    check(
        "早孕建册率较上年提高2个百分点以上",
        ">= 2百分点 early_booking_rate",
    );
    check(
        "降低儿童青少年近视发生率5-10个百分点",
        "range 5-10百分点 myopia_rate",
    );
}

#[test]
fn aims_without_a_number() {
    check("消除新生儿破伤风", "= 0例 neonatal_tetanus_cases");
    check(
        "严禁发生可避免孕产妇死亡",
        "= 0例 avoidable_maternal_deaths",
    );
    check(
        "实现医疗机构避孕药具自助发放机全覆盖",
        "= 100% [医疗机构避孕药具自助发放机]",
    );
    check("提高早孕建册率", "none  early_booking_rate");
    check("早孕建册率达xx%", "none  early_booking_rate");
    check("落实改善医疗服务40条举措", "none 40条 [举措]");
}

#[test]
fn numbers_that_are_no_targets() {
    for sentence in [
        "2024年3月15日前上报,联系电话0355-8774565",
        "按照《关于加强2017-2019年工作的通知》(卫妇〔2016〕15号)要求",
        "孕12周前建册,产后42天检查,5岁以下儿童每年1次",
        "每季度召开一次例会,每半年督导2次,每2月投稿1篇",
        "高危评分≥20分的孕妇48小时内上报",
        "全县11个乡镇卫生院要加强孕期保健服务",
        "深化“三好一满意”和“十县百镇千村”活动,落实三级查房",
        "去年早孕建册率达到86%",
        "截至9月底共为5168名产妇兑现了补助,早孕建册率为91.5%",
        "购置64排螺旋ct,做好120接诊和h7n9防治",
        "每下降1个百分点扣0.5分",
        "创建一批示范单位,实施一系列行动",
        "选派人员参加2-3个月的脱产培训",
        "为孕妇提供5次产前检查和2次产后访视",
    ] {
        check(sentence, "");
    }
}

#[test]
fn a_report_keeps_its_tasks_and_loses_its_figures() {
    let plan = read(
        "2024年工作总结\n截止9月底共补助产妇5168人,完成年度任务5000人的103.36%。\n系统管理率达95.3%。\n二、下一步工作计划\n早孕建册率达到90%。\n",
    );
    assert_eq!(
        plan.targets
            .iter()
            .map(|t| format!("{}: {}", t.span.line, show(t)))
            .collect::<Vec<_>>(),
        ["2: >= 5000人 [年度任务]", "5: >= 90% early_booking_rate"]
    );
}

#[test]
fn positions_count_characters_of_the_line_as_written() {
    let plan = read("工作计划\n一、目标　早孕建册率达到９０％以上。\n");
    let target = &plan.targets[0];
    let line: Vec<char> = plan.lines[1].chars().collect();
    assert_eq!(
        line[target.span.start..target.span.end]
            .iter()
            .collect::<String>(),
        "９０％以上"
    );
    assert_eq!(target.text, "９０％以上");
}

#[test]
fn the_outline_has_sections_and_tasks() {
    let plan = read(
        "工作计划\n一、工作目标\n1、提高质量。\n2、落实责任。\n二、措施\n(一)宣传\n①办好学校\n",
    );
    let sections: Vec<String> = plan
        .sections
        .iter()
        .map(|s| format!("{} {} {}", s.span.line, s.level, s.title))
        .collect();
    assert_eq!(sections, ["2 1 工作目标", "5 1 措施", "6 2 宣传"]);
    let tasks: Vec<String> = plan
        .tasks
        .iter()
        .map(|t| format!("{} {} {:?}", t.label, t.title, t.section))
        .collect();
    assert_eq!(
        tasks,
        [
            "1、 提高质量 Some(0)",
            "2、 落实责任 Some(0)",
            "① 办好学校 Some(2)"
        ]
    );
}

#[test]
fn equally_near_indicators_are_left_to_a_person() {
    use crate::planning::reader::{Better, Dictionary, Term, read};
    let term = |id: &str| Term {
        id: id.into(),
        names: vec!["随访率".into()],
        unit: "%".into(),
        better: Better::Higher,
    };
    let plan = read(
        "工作计划目标任务指标落实:随访率90%".as_bytes(),
        "",
        &Dictionary::new(vec![term("a"), term("b")]),
    )
    .unwrap();
    assert_eq!(plan.targets[0].indicator, None);
    assert_eq!(plan.targets[0].notes[0].en(), "candidates: a, b");
}
