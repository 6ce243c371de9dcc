//! What records open in other programs.

use fuyou_expr::Value;
use fuyou_kernel::{Date, DayNumber};

use super::fixture::{errors, messages, written};
use crate::load;
use crate::opening::{Opener, carried_texts, openings};
use crate::replay::{Encounter, History, replay};

const SHOP: [(&str, &str); 6] = [
    (
        "pack.toml",
        "id = \"shop\"\nversion = \"1\"\ntitle = { zh = \"店\", en = \"Shop\" }\n",
    ),
    (
        "values.toml",
        r#"
[[value_set]]
id = "relation"
title = { zh = "关系", en = "Relation" }
codes = [{ code = "buyer", zh = "买主", en = "Buyer" }, { code = "rider", zh = "骑手", en = "Rider" }]
[[value_set]]
id = "rider_sex"
title = { zh = "性别", en = "Sex" }
codes = [{ code = "male", zh = "男", en = "Male" }, { code = "female", zh = "女", en = "Female" }]
[[value_set]]
id = "trait"
title = { zh = "特点", en = "Traits" }
codes = [{ code = "small", zh = "小", en = "Small" }, { code = "late", zh = "晚", en = "Late" }]
"#,
    ),
    (
        "sale/program.toml",
        "id = \"sale\"\nsubject = \"person\"\ntitle = { zh = \"售\", en = \"Sale\" }\nopens_with = \"sold\"\n\
         [facts]\nsold = \"count(*)\"\nsecret_last = \"last(secret)\"\n",
    ),
    (
        "sale/forms/sold.toml",
        r#"
id = "sold"
title = { zh = "售出", en = "Sold" }
[[field]]
id = "secret"
label = { zh = "密", en = "Secret" }
type = "integer"
secrecy = "infection"
[[group]]
id = "rider"
title = { zh = "骑手", en = "Riders" }
[[group.field]]
id = "number"
label = { zh = "序号", en = "Number" }
type = "integer"
[[group.field]]
id = "sex"
label = { zh = "性别", en = "Sex" }
type = "code(rider_sex)"
[[group.field]]
id = "height_cm"
label = { zh = "身高", en = "Height" }
type = "integer"
"#,
    ),
    (
        "riding/program.toml",
        "id = \"riding\"\nsubject = \"person\"\ntitle = { zh = \"骑\", en = \"Riding\" }\nopens_with = \"begin\"\n",
    ),
    (
        "riding/forms/begin.toml",
        r#"
id = "begin"
title = { zh = "开始", en = "Begin" }
[[field]]
id = "height_cm"
label = { zh = "身高", en = "Height" }
type = "integer"
[[field]]
id = "traits"
label = { zh = "特点", en = "Traits" }
type = "codes(trait)"
[[field]]
id = "sales"
label = { zh = "数", en = "Sales" }
type = "integer"
"#,
    ),
];

const OPENS: &str = r#"
[[opens]]
id = "riders"
form = "sold"
each = "rider"
key = "number"
when = "height_cm > 100"
program = "riding"
relation = { of = "buyer", to = "rider" }
[opens.person]
name = "person.name || '之' || case when rider.sex = 'female' then '女' else '子' end"
sex = "rider.sex"
birth_on = "occurred_on"
[opens.values]
height_cm = "rider.height_cm"
traits = { small = "rider.height_cm < 130", late = "sold > 1" }
sales = "sold"
"#;

fn shop(opens: &str) -> crate::PackFiles {
    let mut files = SHOP.to_vec();
    files.push(("sale/opens.toml", opens));
    written("shop", &files)
}

fn row(number: i64, sex: u16, height_cm: Value) -> Vec<Value> {
    vec![Value::Number(number), Value::Code(sex), height_cm]
}

#[test]
fn each_row_that_qualifies_opens_with_its_values() {
    let pack = load(&[shop(OPENS)]).unwrap_or_else(|errors| panic!("{}", messages(&errors.0)));
    let program = pack.program(pack.program_ix("sale").unwrap());
    let day = DayNumber::from(Date::constant(2026, 2, 28));
    let sold = |id, rows| Encounter {
        id,
        form: program.form_ix("sold").unwrap(),
        occurred_on: day,
        recorded_at_ms: 0,
        recorded_org: None,
        values: vec![Value::Null],
        groups: vec![rows],
    };
    let check = |opener: &Opener, rows: Vec<Vec<Value>>, expected: &[&str]| {
        let history = History {
            encounters: vec![sold(1, rows)],
            ..History::default()
        };
        let outcome = replay(program, &history);
        let found: Vec<String> = openings(&pack, program, (&history, &outcome), opener)
            .iter()
            .map(|opening| {
                let target = pack.program(program.opens[opening.opens].program);
                let form = target.form(target.opens_with);
                let texts = carried_texts(form, &opening.draft, &opening.carried);
                let person = opening.person.as_ref().map_or("?".to_owned(), |person| {
                    format!("{} {}", person.name, person.sex)
                });
                format!("{} {person} {texts:?}", opening.key)
            })
            .collect();
        assert_eq!(found, expected);
    };
    let known = Opener {
        name: Some("王芳".into()),
        phone: None,
    };
    let (male, female) = (0, 1);
    check(
        &known,
        vec![
            row(2, female, Value::Number(120)),
            row(1, male, Value::Number(140)),
            row(3, male, Value::Number(90)),
            row(4, male, Value::Null),
            row(2, male, Value::Number(150)),
        ],
        &[
            r#"2 王芳之女 female {"height_cm": "120", "sales": "1", "traits": "|small|"}"#,
            r#"1 王芳之子 male {"height_cm": "140", "sales": "1", "traits": "null"}"#,
        ],
    );
    // Nobody has a name made of nothing: a person has to look.
    check(
        &Opener::default(),
        vec![row(1, male, Value::Number(140))],
        &[r#"1 ? {"height_cm": "140", "sales": "1", "traits": "null"}"#],
    );
}

#[test]
fn what_cannot_be_carried_is_told() {
    let check = |from: &str, to: &str, expected: &str| {
        let found = errors(&[shop(&OPENS.replace(from, to))]);
        assert!(found.contains(expected), "{from} -> {to}:\n{found}");
    };
    check(
        "form = \"sold\"",
        "form = \"solt\"",
        "there is no form `solt`",
    );
    check(
        "each = \"rider\"",
        "each = \"ridder\"",
        "there is no group `ridder`",
    );
    check(
        "program = \"riding\"",
        "program = \"ridin\"",
        "there is no program `ridin`",
    );
    check(
        "to = \"rider\" }",
        "to = \"ridder\" }",
        "there is no relation `ridder`",
    );
    check(
        "sales = \"sold\"",
        "salez = \"sold\"",
        "there is no field `salez`",
    );
    check(
        "sales = \"sold\"",
        "sales = \"secret_last\"",
        "less secret than what is carried",
    );
    check(
        "small = \"rider",
        "smal = \"rider",
        "there is no code `smal`",
    );
    check("sales = \"sold\"", "sales = \"occurred_on\"", "integer");
    check("key = \"number\"", "key = \"today\"", "today");
    check(
        "key = \"number\"",
        "with = \"end\"",
        "there is no form `end`",
    );
    check(
        "sex = \"rider.sex\"",
        "sex = \"number\"",
        "the sex should be a code",
    );
}
