//! A pack with many errors tells them all in one run, each at its place.

use super::fixture::{errors, files, with, written};

const PROGRAM: &str = r#"
id = "shop"
subject = "person"
title = { zh = "店", en = "Shop" }
opens_with = "sale"
closed_when = "sold_on is not null and nothing"

[derived]
size_m = "size_cm / 100"

[facts]
sold_on = "max(occurred_on)"
largest = """
  max(size_cm)
    + max(sise_cm)
"""
a = "b + 1"
b = "c + 1"
c = "a + 1"
reads_a = "a + 5"
"#;

const FORM: &str = r#"
id = "sale"
titel = { zh = "售出", en = "Sale" }
title = { zh = "售出" }

[[field]]
id = "size_cm"
label = { zh = "尺寸", en = "Size" }
type = "integer"
hard = [200, 25]

[[field]]
id = "colour"
label = { zh = "颜色", en = "Colour" }
type = "code(colours)"

[[field]]
id = "Weight"
label = { zh = "重量", en = "Weight" }
type = "decimal(1)"
"#;

const RULES: &str = r#"
[risk]
title = { zh = "风险", en = "Risk" }
levels = [{ id = "green", zh = "绿", en = "Green", colour = "green" }]

[[rule]]
id = "big"
title = { zh = "大", en = "Big" }
when = "largest > 3"
risk = "gren"

[[rule]]
id = "odd"
title = { zh = "怪", en = "Odd" }
when = "sold_on = \"1\" or sold_on > 'x\u0041'"
risk = "green"
source = "manul 3"

[[rule]]
id = "odd"
title = { zh = "怪", en = "Odd" }
when = "true"

[[visit]]
id = "call"
title = { zh = "回访", en = "Call" }
form = "sail"
anchor = "sold_on"
from = "2 weeks"
to = "48h"

[[indicator]]
id = "sales"
title = { zh = "销量", en = "Sales" }
numerator = "sale_count"
unit = "count"
better = "higher"
"#;

#[test]
fn ten_errors_at_once() {
    let head = "id = \"broken\"\nversion = \"1\"\ntitle = { zh = \"坏\", en = \"Broken\" }\n[[source]]\nid = \"manual\"\ntitle = \"Manual\"\n";
    let pack = written(
        "broken",
        &[
            ("pack.toml", head),
            ("shop/program.toml", PROGRAM),
            ("shop/forms/sale.toml", FORM),
            ("shop/rules.toml", RULES),
        ],
    );
    insta::assert_snapshot!(errors(&[pack]));
}

#[test]
fn one_error_each() {
    let check = |path: &str, text: &str, expected: &str| {
        assert_eq!(
            errors(&[with(files("mini"), &[(path, text)])]),
            expected,
            "{text}"
        );
    };
    check(
        "bicycle/more.toml",
        "[facts]\nx = 5",
        "mini/bicycle/more.toml:2:5: expected a text, found a whole number",
    );
    check(
        "bicycle/more.toml",
        "[[rules]]\nid = \"x\"",
        "mini/bicycle/more.toml:1:3: unknown key `rules` in this file; did you mean rule",
    );
    check(
        "bicycle/more.toml",
        "[facts.sales]\nis = \"count(*)\"\nsearched = true",
        "mini/bicycle/more.toml:1:8: a fact that people search by is text, and open",
    );
    check(
        "bicycle/more.toml",
        "[facts]\nservices = \"count(*)\"",
        "mini/bicycle/program.toml:15:1: fact `services` is already defined at mini/bicycle/more.toml:2; to change it write change = \"alter\" or \"replace\"",
    );
    check(
        "bicycle/more.toml",
        "[facts]\nframe_cm = \"count(*)\"",
        "mini/bicycle/more.toml:2:1: `frame_cm` is already a field (mini/bicycle/forms/sale.toml:5)",
    );
    check(
        "bicycle/more.toml",
        "[facts]\norg = \"count(*)\"",
        "mini/bicycle/more.toml:2:1: `org` is a name that the engine gives itself",
    );
    check(
        "bicycle/more.toml",
        "[facts]\nx = \"sum(pressure_kpa) filter (where form = 'servise')\"",
        "mini/bicycle/more.toml:2:45: 'servise' is not a code of value set form; did you mean 'service'",
    );
    check(
        "bicycle/more.toml",
        "[[rule]]\nid = \"x\"\ntitle = { zh = \"x\", en = \"x\" }\nwhen = \"risk = 'red'\"\nrisk = \"red\"",
        "mini/bicycle/more.toml:2:6: these need each other in a circle: risk → rule x → risk",
    );
    check(
        "bicycle/more.toml",
        "[facts]\nx = \"count(distinct visit)\"\n[[visit]]\nid = \"v\"\ntitle = { zh = \"x\", en = \"x\" }\nform = \"service\"\nanchor = \"bought_on + x\"\nfrom = \"1d\"\nto = \"2d\"",
        "mini/bicycle/more.toml:2:1: these need each other in a circle: x → visit → x",
    );
    check(
        "bicycle/more.toml",
        "[[rule]]\nid = \"x\"\ntitle = { zh = \"x\", en = \"x\" }\nwhen = \"stolen\"\nalert = { zh = \"x\", en = \"x\" }",
        "mini/bicycle/more.toml:2:6: rule `x` reads restricted findings and needs `shown_as`",
    );
    check(
        "bicycle/more.toml",
        "[[list]]\nid = \"x\"\ntitle = { zh = \"x\", en = \"x\" }\nwhere = \"services > last_presure\"",
        "mini/bicycle/more.toml:4:21: there is no column last_presure; did you mean last_pressure",
    );
    check(
        "more.toml",
        "[[value_set]]\nid = \"form\"\ntitle = { zh = \"x\", en = \"x\" }\ncodes = []",
        "mini/more.toml:2:6: the engine itself makes the value set `form`",
    );
    check(
        "more.toml",
        "[[value_set]]\nid = \"long\"\ntitle = { zh = \"x\", en = \"x\" }\nfile = \"codes/long.csv\"",
        "mini/more.toml:2:6: the value set has no codes\nmini/more.toml:4:8: there is no file `codes/long.csv`",
    );
    check(
        "more.toml",
        "[[value_set]\nid = 1",
        "mini/more.toml:1:13: not TOML: unclosed array table, expected `]`\nmini/more.toml:2:1: unknown key `id` in this file",
    );
    check(
        "bicycle/cases/more.toml",
        "[[case]]\nid = \"x\"\nhistory = \"bougt\"\nexpect = { rules = [\"soft_tire\"] }",
        "mini/bicycle/cases/more.toml:3:11: there is no history `bougt`; did you mean bought",
    );
    check(
        "bicycle/cases/more.toml",
        "[[case]]\nid = \"x\"\nhistory = \"bought\"\nset = { \"sale.frame_cm\" = \"big\" }\nexpect = { rules = [\"soft_tire\"], riks = \"red\" }",
        "mini/bicycle/cases/more.toml:4:27: not a value of type integer (a text)\nmini/bicycle/cases/more.toml:5:21: there is no rule `soft_tire`; did you mean soft_tyre\nmini/bicycle/cases/more.toml:5:35: unknown expectation `riks`; did you mean risk",
    );
}

/// What figures are counted over, and what they are split by.
#[test]
fn measures_and_strata() {
    let check = |text: &str, expected: &str| {
        let pack = with(files("mini"), &[("bicycle/more.toml", text)]);
        assert_eq!(errors(&[pack]), expected, "{text}");
    };
    let measure = |keys: &str| {
        format!("[[measure]]\nid = \"x\"\ntitle = {{ zh = \"x\", en = \"x\" }}\n{keys}")
    };
    let stratum = |keys: &str| {
        format!("[[stratum]]\nid = \"x\"\ntitle = {{ zh = \"x\", en = \"x\" }}\n{keys}")
    };
    check(&measure("dated_by = \"bought_on\""), "mini is a good pack");
    // Nothing divided by nothing is unknown: nobody counts, and nothing fails.
    check(
        &measure("dated_by = \"bought_on\"\nwhere = \"services / 0 > 1\""),
        "mini is a good pack",
    );
    check(
        &measure("dated_by = \"services\""),
        "mini/bicycle/more.toml:4:13: this is integer, but date is needed",
    );
    check(
        &measure("dated_by = \"bought_on\"\nwhere = \"services\""),
        "mini/bicycle/more.toml:5:10: this is integer, but boolean is needed",
    );
    check(
        &measure("dated_by = \"bought_on\"\nplaced_by = \"services\""),
        "mini/bicycle/more.toml:5:14: this is integer, but text is needed",
    );
    check(
        &measure("dated_by = \"bought_on\"\nsum = \"services / 0\""),
        "mini/bicycle/more.toml:5:8: this is decimal(6), but integer is needed",
    );
    check(
        &measure(
            "dated_by = \"bought_on\"\nsum = \"services * 9000000000000000 * 9000000000000000\"",
        ),
        "mini/bicycle/more.toml:5:8: may overflow: the result can reach 9437184000000000000000 with 0 decimals; give the columns a range",
    );
    check(
        &measure("dated_by = \"bought_on\"\nwhere = \"person.sex = 'female'\""),
        "mini/bicycle/more.toml:5:9: figures are counted over facts, which do not hold `person.sex`; write a fact first, such as … = \"person.sex\" under [facts]",
    );
    check(
        "[facts]\nof_sex = \"person.sex\"\n[[measure]]\nid = \"x\"\ntitle = { zh = \"x\", en = \"x\" }\ndated_by = \"bought_on\"\nwhere = \"person.sex = 'female'\"",
        "mini/bicycle/more.toml:7:9: figures are counted over facts, which do not hold `person.sex`; write a fact first, such as … = \"person.sex\" under [facts]; did you mean of_sex",
    );
    check(
        &stratum("is = \"services\""),
        "mini/bicycle/more.toml:2:6: a stratum is a code that has a title: of a value set, or a risk level; `values` names the set of codes that a `case` writes",
    );
    check(
        &stratum("is = \"person.sex\""),
        "mini/bicycle/more.toml:4:6: figures are counted over facts, which do not hold `person.sex`; write a fact first, such as … = \"person.sex\" under [facts]",
    );
    check(
        &stratum("is = \"case when services > 1 then 'a' end\"\nvalues = \"sexes\""),
        "mini/bicycle/more.toml:5:10: there is no value set `sexes`; did you mean sex",
    );
    check(
        &stratum("is = \"case when services > 1 then 'femal' end\"\nvalues = \"sex\""),
        "mini/bicycle/more.toml:4:35: 'femal' is not a code of value set sex; did you mean 'female'",
    );
    check(
        &stratum("is = \"case when services > 1 then 'female' end\"\nvalues = \"sex\""),
        "mini is a good pack",
    );
}

#[test]
fn terms_and_indicators_share_ids_and_names() {
    let check = |row: &str, expected: &str| {
        let table = format!("id,zh,en,unit,better,program,aliases,source\n{row}\n");
        let pack = with(files("mini"), &[("plan_terms.csv", &table)]);
        assert_eq!(errors(&[pack]), expected, "{row}");
    };
    check(
        "rides,骑行次数,Rides,次,higher,riders,骑行量|骑行数,,",
        "mini is a good pack",
    );
    check(
        "theft_rate,被盗率,Theft,%,lower,police,,",
        "mini/plan_terms.csv:2:1: `theft_rate` is an indicator: remove this row and write its names into the indicator's `aliases`",
    );
    check(
        "checks,首检率,Checks,%,higher,riders,首查率|首保覆盖率,",
        "mini/plan_terms.csv:2:1: the name `首保覆盖率` already belongs to `checked_rate` (mini/bicycle/indicators.toml:15)",
    );
    check(
        "checks,首检率,Checks,%,higher,,,",
        "mini/plan_terms.csv:2:1: `` should be lower_snake_case ASCII, begin with a letter and have at most 60 characters",
    );
}

#[test]
fn a_pack_without_its_head_or_base() {
    let check = |layers: &[crate::PackFiles], expected: &str| assert_eq!(errors(layers), expected);
    check(
        &[written("none", &[])],
        "none:1:1: there is no pack.toml in none",
    );
    check(
        &[files("mini-town")],
        "mini-town/pack.toml:4:11: this extends `mini`, which is not the pack below it",
    );
}

#[test]
fn a_file_that_is_not_utf_8() {
    let mut pack = files("mini");
    pack.files.push(crate::PackFile {
        path: "more.toml".into(),
        bytes: b"# caf\xe9\n".to_vec(),
    });
    assert_eq!(errors(&[pack]), "mini/more.toml:1:6: the file is not UTF-8");
}
