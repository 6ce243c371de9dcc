//! What plans say about children: each goal of the list of collected plans is found in a sentence of ours, with its value,
//! and bound to an indicator of the national pack that has the code of the list.

use std::path::{Path, PathBuf};

use super::{read, show};
use crate::testkit::county::national_pack;

/// The list of goals and results that plans and summaries state, when it lies beside this repository.
const COLLECTED: &str = "domain/data/child_seed_targets.csv";

/// For each line of the list: its code, a sentence, and what is read from it.
const SENTENCES: [(&str, &str, &str); 29] = [
    ("C09", "婴儿死亡率不高于7‰", "<= 7‰ infant_mortality_rate"),
    (
        "C10",
        "5岁以下儿童死亡率不高于10‰",
        "<= 10‰ under5_mortality_rate",
    ),
    (
        "C02/C03",
        "儿童保健管理率不低于85%",
        ">= 85% child_u7_management_rate",
    ),
    ("C09", "婴儿死亡率下降到5‰", "<= 5‰ infant_mortality_rate"),
    (
        "C10",
        "5岁以下儿童死亡率下降到6‰",
        "<= 6‰ under5_mortality_rate",
    ),
    (
        "C13",
        "年内消除新生儿破伤风",
        "= 0例 neonatal_tetanus_cases",
    ),
    (
        "C03",
        "7岁以下儿童管理覆盖率达到80%",
        ">= 80% child_u7_management_rate",
    ),
    (
        "C33",
        "高危儿筛查率达到90%",
        ">= 90% high_risk_child_screening_rate",
    ),
    (
        "C34",
        "高危儿专案管理率达到80%",
        ">= 80% high_risk_child_management_rate",
    ),
    ("C06", "7岁以下儿童建档率达到90%", ">= 90% child_file_rate"),
    ("C28", "儿童血红蛋白检测率不低于70%", ">= 70% hb_test_rate"),
    (
        "C19",
        "新生儿听力筛查率不低于95%",
        ">= 95% hearing_screening_rate",
    ),
    (
        "C18",
        "新生儿疾病筛查率不低于96%",
        ">= 96% newborn_screening_rate",
    ),
    (
        "C46",
        "儿童保健核心知识知晓率不低于85%",
        ">= 85% child_awareness_rate",
    ),
    (
        "",
        "住院期间纯母乳喂养率在95%左右",
        "~ 95% hospital_exclusive_breastfeeding_rate",
    ),
    (
        "C04",
        "3岁以下儿童系统管理率达到85%",
        ">= 85% child_u3_management_rate",
    ),
    (
        "C03",
        "7岁以下儿童健康管理率达到90%",
        ">= 90% child_u7_management_rate",
    ),
    (
        "C10",
        "5岁以下儿童死亡率控制在3.02‰以内",
        "<= 3.02‰ under5_mortality_rate",
    ),
    (
        "C09",
        "婴儿死亡率控制在2.46‰以内",
        "<= 2.46‰ infant_mortality_rate",
    ),
    (
        "C04",
        "3岁以下儿童系统管理率达到95.1%",
        ">= 95.1% child_u3_management_rate",
    ),
    (
        "C03",
        "7岁以下儿童健康管理率达到98.8%",
        ">= 98.8% child_u7_management_rate",
    ),
    (
        "C31",
        "6个月内婴儿纯母乳喂养率达到47.5%",
        ">= 47.5% breastfeeding_6m_rate",
    ),
    (
        "C32",
        "母乳喂养率达到91.3%",
        ">= 91.3% breastfeeding_any_rate",
    ),
    (
        "C23",
        "5岁以下儿童低体重率控制在0.3%以内",
        "<= 0.3% child_underweight_rate",
    ),
    (
        "C40",
        "托幼机构卫生保健管理率达到100%",
        ">= 100% kindergarten_management_rate",
    ),
    (
        "C16",
        "新生儿出生缺陷发生率控制在5‰以内",
        "<= 5‰ birth_defect_incidence",
    ),
    (
        "C37",
        "儿童青少年近视发生率降低5-10个百分点",
        "range 5-10百分点 myopia_rate",
    ),
    (
        "C18",
        "新生儿疾病筛查病种达到29种",
        "= 29种 newborn_screening_diseases",
    ),
    (
        "C50",
        "儿童死亡评审率达到100%",
        ">= 100% child_death_review_rate",
    ),
];

/// Goals that the code of the list does not name in the pack: another program counts them, or they are typed in.
const ELSEWHERE: [&str; 4] = [
    "child_awareness_rate",
    "birth_defect_incidence",
    "myopia_rate",
    "newborn_screening_diseases",
];

#[test]
fn the_goals_for_children_are_found_and_bound() {
    let pack = national_pack();
    let mut wrong = Vec::new();
    for (code, sentence, want) in SENTENCES {
        let plan = read(&format!("工作计划目标任务指标落实\n{sentence}\n"));
        let found: Vec<String> = plan.targets.iter().map(show).collect();
        if found != [want] {
            wrong.push(format!("{sentence}: {}", found.join("; ")));
        }
        let id = want.rsplit(' ').next().unwrap();
        let indicator = pack.indicators.iter().find(|known| &*known.id == id);
        let known = indicator.and_then(|indicator| indicator.code.as_deref());
        let fits = code.is_empty()
            || ELSEWHERE.contains(&id)
            || known.is_some_and(|known| code.split('/').any(|one| one == known));
        if !fits {
            wrong.push(format!("{id} has the code {known:?}, the list says {code}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_goal_of_the_list_is_left_out() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("FUYOU_SHARED").map_or(shared, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join(COLLECTED)) else {
        println!("skipped: {COLLECTED} is not beside this repository");
        return;
    };
    let listed: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    let ours: Vec<&str> = SENTENCES.iter().map(|(code, ..)| *code).collect();
    assert_eq!(listed.len(), ours.len());
    for (listed, ours) in listed.iter().zip(ours) {
        // What the list has no code for it says in words.
        assert!(*listed == ours || ours.is_empty(), "{listed} is not {ours}");
    }
}
