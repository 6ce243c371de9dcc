//! What people type.

use super::fixture::{files, messages, with};
use crate::input::{print_input, read_input};
use crate::load;
use crate::model::Field;

const FORM: &str = r#"
id = "typing"
title = { zh = "输入", en = "Typing" }
[[field]]
id = "truth"
label = { zh = "是否", en = "Truth" }
type = "boolean"
[[field]]
id = "whole"
label = { zh = "整数", en = "Whole" }
type = "integer"
[[field]]
id = "ga"
label = { zh = "孕周", en = "Age" }
type = "integer"
unit = "d"
[[field]]
id = "parts"
label = { zh = "小数", en = "Parts" }
type = "decimal(1)"
[[field]]
id = "words"
label = { zh = "文字", en = "Words" }
type = "text"
[[field]]
id = "one"
label = { zh = "单选", en = "One" }
type = "code(wear)"
[[field]]
id = "many"
label = { zh = "多选", en = "Many" }
type = "codes(fault)"
[[field]]
id = "day"
label = { zh = "日期", en = "Day" }
type = "date"
[[field]]
id = "clock"
label = { zh = "时间", en = "Clock" }
type = "time"
[[field]]
id = "place"
label = { zh = "机构", en = "Place" }
type = "organization"
"#;

#[test]
fn typed_texts() {
    let pack = load(&[with(files("mini"), &[("bicycle/forms/typing.toml", FORM)])]);
    let pack = pack.unwrap_or_else(|errors| panic!("{}", messages(&errors.0)));
    let program = &pack.programs[0];
    let form = program.form(program.form_ix("typing").unwrap());
    let field = |id: &str| -> &Field { &form.fields[form.field(id).unwrap().get()] };
    let check = |id: &str, text: &str, expected: &str| {
        let found = match read_input(field(id), text) {
            Ok(value) => {
                let printed = print_input(field(id), &value);
                assert_eq!(
                    read_input(field(id), &printed),
                    Ok(value),
                    "printing {text} of {id} and reading it again"
                );
                printed
            }
            Err(message) => message.en,
        };
        assert_eq!(found, expected, "{id}: {text}");
    };
    for id in [
        "truth", "whole", "ga", "parts", "words", "one", "many", "day", "clock", "place",
    ] {
        check(id, "", "");
        check(id, " \u{3000} ", "");
    }
    check("truth", "是", "true");
    check("truth", " No ", "false");
    check("truth", "maybe", "`maybe` should be yes or no");
    check("whole", "120", "120");
    check("whole", "１２０", "120");
    check("whole", " +7 ", "7");
    check("whole", "－3", "-3");
    check("whole", "12.5", "`12.5` should be a whole number");
    check("whole", "12w3d", "`12w3d` should be a whole number");
    check(
        "whole",
        "99999999999999999999",
        "`99999999999999999999` should be a whole number",
    );
    check("ga", "87", "87");
    check("ga", "12w3d", "87");
    check("ga", "12W", "84");
    check("ga", "12+3", "87");
    check("ga", "１２＋３", "87");
    check("ga", "12周+3天", "87");
    check("ga", "12 周 3 天", "87");
    check(
        "ga",
        "12w7d",
        "`12w7d` should be a number of days, or such as 12w3d or 12+3",
    );
    check(
        "ga",
        "w3d",
        "`w3d` should be a number of days, or such as 12w3d or 12+3",
    );
    check("parts", "36", "36.0");
    check("parts", "36．5", "36.5");
    check("parts", "36.50", "36.5");
    check("parts", "36.55", "`36.55` has more than 1 decimal places");
    check("parts", "1e3", "`1e3` should be a number");
    check("words", "  一般ＯＫ ", "一般ＯＫ");
    check("words", "a\u{7}b", "the text holds control characters");
    check("one", "much", "much");
    check("one", "重", "much");
    check("one", "Some", "some");
    check("one", "totally", "`totally` is none of: None, Some, Much");
    check("many", "brake,chain", "brake,chain");
    check("many", "链条、刹车", "brake,chain");
    check("many", "|", "|");
    check(
        "many",
        "brake;bell",
        "`bell` is none of: None, Brake, Chain, Traces of theft",
    );
    check("day", "2026-01-05", "2026-01-05");
    check("day", "2026/1/5", "2026-01-05");
    check("day", "２０２６．１．５", "2026-01-05");
    check("day", "2026年1月5日", "2026-01-05");
    check("day", "2026 年 1 月 5 日", "2026-01-05");
    check("day", "20260105", "2026-01-05");
    check(
        "day",
        "2026-02-30",
        "`2026-02-30` is a day that does not exist",
    );
    check("day", "26-1-5", "`26-1-5` is not a date such as 2026-01-31");
    check(
        "day",
        "1799-01-01",
        "`1799-01-01` should be between 1900 and 2199",
    );
    check("day", "昨天", "`昨天` is not a date such as 2026-01-31");
    check("clock", "9:05", "09:05");
    check("clock", "0905", "09:05");
    check("clock", "９点５分", "09:05");
    check("clock", "24:00", "`24:00` is not a time such as 09:30");
    check("place", "Ｔ１", "T1");
}
