//! Overlays change packs item by item and say what they changed.

use super::fixture::{errors, files, messages, written};
use crate::model::ItemKind;
use crate::{Pack, load};

fn over(overlay: &[(&str, &str)]) -> Result<Pack, String> {
    let head = (
        "pack.toml",
        "id = \"over\"\nversion = \"1\"\ntitle = { zh = \"叠\", en = \"Over\" }\nextends = \"mini\"\n",
    );
    let mut all = vec![head];
    all.extend(overlay);
    load(&[files("mini"), written("over", &all)]).map_err(|errors| messages(&errors.0))
}

#[test]
fn what_an_overlay_changes() {
    let pack = load(&[files("mini"), files("mini-town")]).unwrap();
    let program = &pack.programs[0];
    assert_eq!(
        (&*pack.id, pack.region.as_deref()),
        ("mini-town", Some("99"))
    );
    assert_eq!(
        pack.layers
            .iter()
            .map(|layer| &*layer.id)
            .collect::<Vec<_>>(),
        ["mini", "mini-town"]
    );
    let visit = &program.visits[0];
    assert_eq!(
        format!("{} {}..{} {}", visit.id, visit.from, visit.to, visit.title),
        "first_check 2w6d..7w1d 首保 / First check"
    );
    let rules: Vec<String> = program
        .rules
        .iter()
        .map(|rule| format!("{}: {}", rule.id, rule.when.text()))
        .collect();
    assert_eq!(
        rules,
        [
            "soft_tyre: last_pressure < 3",
            "flat_tyre: last_pressure < 1",
            "theft: stolen",
            "report_red: risk = 'red'",
            "pump: last_pressure < 2",
            "town_only: services > 5"
        ]
    );
    let service = program.form(program.form_ix("service").unwrap());
    assert!(service.field("next_on").is_none() && service.field("bell").is_some());
    let pressure = &service.fields[service.field("pressure_bar").unwrap().get()];
    assert_eq!(
        (pressure.hard_range, pressure.soft_range),
        (Some((0, 120)), Some((25, 60)))
    );
    let place = pack.place(ItemKind::Rule, "bicycle", "soft_tyre").unwrap();
    assert_eq!(
        (&*place.file, place.line),
        ("mini-town/bicycle/changes.toml", 7)
    );
    let changes: Vec<String> = pack
        .changes
        .iter()
        .filter(|change| !matches!(change.item, ItemKind::Case | ItemKind::CaseTable))
        .map(|change| {
            format!(
                "{} {} {:?} {}",
                change.item.word(),
                change.id,
                change.kind,
                change.place.line
            )
        })
        .collect();
    assert_eq!(
        changes,
        [
            "visit first_check Altered([\"to\"]) 2",
            "rule soft_tyre Replaced 7",
            "rule town_only Added 14",
            "rule worn_chain Removed 24",
            "fact weak_wheels Replaced 20",
            "field service.next_on Removed 16",
            "form service Altered([\"field.pressure_bar.hard\", \"field.bell\"]) 1",
        ]
    );
}

#[test]
fn an_overlay_of_the_program_itself() {
    let pack = over(&[(
        "bicycle/program.toml",
        "one_open = false\n[risk]\nchange = \"alter\"\ntitle = { zh = \"级\", en = \"Grade\" }\n",
    )])
    .unwrap();
    let program = &pack.programs[0];
    assert!(!program.one_open);
    assert_eq!(&*program.form(program.opens_with).id, "sale");
    assert_eq!(program.risk.as_ref().unwrap().title.en, "Grade");
    assert_eq!(program.risk.as_ref().unwrap().levels.len(), 3);
}

#[test]
fn an_overlay_of_codes() {
    let pack = over(&[(
        "values.toml",
        "[[value_set]]\nid = \"wear\"\nchange = \"alter\"\ncodes = [{ code = \"broken\", change = \"add\", zh = \"断\", en = \"Broken\" }]\n",
    )])
    .unwrap();
    let codes: Vec<&str> = pack
        .value_set("wear")
        .unwrap()
        .codes
        .iter()
        .map(|code| &*code.code)
        .collect();
    assert_eq!(codes, ["none", "some", "much", "broken"]);
}

#[test]
fn overlays_that_do_not_fit() {
    let check = |text: &str, expected: &str| match over(&[("bicycle/x.toml", text)]) {
        Ok(_) => panic!("{text} was taken"),
        Err(found) => assert_eq!(found, expected, "{text}"),
    };
    check(
        "[[visit]]\nid = \"first_chek\"\nchange = \"alter\"\nto = \"9w\"",
        "over/bicycle/x.toml:2:6: there is no visit `first_chek` to change; did you mean first_check",
    );
    check(
        "[[visit]]\nid = \"first_check\"\nchange = \"modify\"",
        "over/bicycle/x.toml:3:10: `modify` is none of: add | replace | alter",
    );
    check(
        "[[remove]]\nkind = \"form\"\nid = \"report\"",
        "mini/bicycle/rules.toml:32:34: there is no form `report`",
    );
    check(
        "[[remove]]\nkind = \"field\"\nid = \"service.bell\"",
        "over/bicycle/x.toml:3:6: form `service` has no field `bell`",
    );
    let again = written(
        "again",
        &[(
            "pack.toml",
            "id = \"again\"\nversion = \"1\"\ntitle = { zh = \"再\", en = \"Again\" }\n",
        )],
    );
    assert_eq!(
        errors(&[files("mini"), again]),
        "again/pack.toml:1:1: `extends = \"mini\"` is missing"
    );
}

#[test]
fn the_base_of_an_overlay() {
    assert_eq!(crate::base_of(&files("mini-town")).as_deref(), Some("mini"));
    assert_eq!(crate::base_of(&files("mini")), None);
}
