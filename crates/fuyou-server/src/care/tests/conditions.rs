//! Conditions on the columns of every list of the pack, whatever their types.

use fuyou_expr::{CodeSet, Type, Value};

use crate::access::Role;
use crate::care::{Acting, Asks, Blank, Condition, Fits, ListFilter, ListHead, Shown};
use crate::testkit::county::{County, national_pack};
use crate::testkit::each_database;

async fn total(county: &County, by: &Acting, list: (&str, &str), only: Vec<Condition>) -> i64 {
    let filter = ListFilter {
        only,
        ..ListFilter::default()
    };
    let page = county.care.list(by, list, &filter, None, 50).await;
    let page = page.unwrap_or_else(|error| panic!("{list:?} {:?}: {error:?}", filter.only));
    // What is counted is what is listed.
    assert_eq!(page.total, page.rows.len() as i64, "{list:?}");
    page.total
}

fn on(head: &ListHead, fits: Option<Fits>, blank: Blank) -> Vec<Condition> {
    let column = head.key.clone();
    vec![Condition {
        column,
        fits,
        blank,
    }]
}

/// Parts of a column's values, of which each line is in one.
fn parts(head: &ListHead, known: Option<&Value>) -> Vec<Fits> {
    let one = |value: Value| Fits::OneOf(vec![value]);
    match &head.ty {
        _ if head.asks == Asks::Presence => vec![Fits::Any],
        Type::Boolean => vec![one(Value::Boolean(true)), one(Value::Boolean(false))],
        Type::Code(set) => {
            let codes = (0..).zip(set.codes());
            codes.map(|(at, _)| one(Value::Code(at))).collect()
        }
        Type::Codes(set) => {
            let codes = (0..).zip(set.codes());
            let any = codes.map(|(at, _)| Value::Codes([at].into_iter().collect::<CodeSet>()));
            vec![
                Fits::OneOf(any.collect()),
                one(Value::Codes(CodeSet::default())),
            ]
        }
        Type::Date | Type::Integer | Type::Decimal(_) => {
            let (middle, next) = match known {
                Some(Value::Date(day)) => (Value::Date(*day), Value::Date(day + 1)),
                Some(Value::Number(number)) => (Value::Number(*number), Value::Number(number + 1)),
                _ if head.ty == Type::Date => (Value::Date(20_000), Value::Date(20_001)),
                _ => (Value::Number(0), Value::Number(1)),
            };
            vec![
                Fits::Between(None, Some(middle)),
                Fits::Between(Some(next), None),
            ]
        }
        // Every text has nothing in it, and no text has this.
        Type::Text => vec![Fits::Part("%_'\"".to_owned())],
    }
}

#[tokio::test]
async fn every_line_of_a_list_fits_one_part_of_a_columns_values() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        for _ in 0..3 {
            let woman = county.woman("990001001").await;
            county.booked(woman).await;
        }
        let worker = county.user(Role::CountyWorker, "990000", "2024-06-01");
        let mut asked = 0;
        for program in &county.care.pack().programs {
            for (at, list) in program.lists.iter().enumerate() {
                let names = (&*program.id, &*list.id);
                let all = total(&county, &worker, names, Vec::new()).await;
                let page = county
                    .care
                    .list(&worker, names, &ListFilter::default(), None, 50)
                    .await;
                let page = page.unwrap();
                let heads = county.care.list_columns(&worker, names).unwrap();
                // The facts of a program are the same in all of its lists.
                let own = page.columns.len();
                let heads = heads.iter().enumerate();
                let heads = heads.filter(|(_, head)| head.asks != Asks::Nothing);
                for (column, head) in heads.filter(|(column, _)| at == 0 || *column < own) {
                    let mut known = page.rows.iter();
                    let known = known.find_map(|row| match row.values.get(column) {
                        Some(Shown::Value(value)) if !value.is_null() => Some(value),
                        _ => None,
                    });
                    let blank = on(head, None, Blank::In);
                    let mut sum = total(&county, &worker, names, blank).await;
                    for fits in parts(head, known) {
                        asked += 1;
                        sum +=
                            total(&county, &worker, names, on(head, Some(fits), Blank::Out)).await;
                    }
                    let is_text = head.ty == Type::Text && head.asks == Asks::Values;
                    assert!(
                        sum == all || is_text,
                        "{names:?} {}: {sum} of {all}",
                        head.key
                    );
                    assert!(sum <= all, "{names:?} {}: {sum} of {all}", head.key);
                }
            }
        }
        assert!(asked > 300, "only {asked} conditions were asked");
    })
    .await;
}

#[tokio::test]
async fn a_column_above_the_reader_takes_no_condition_of_his() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        county.booked(woman).await;
        let list = ("maternal", "registered");
        let filter = ListFilter {
            only: vec![Condition {
                column: "@fact/hbsag_positive".to_owned(),
                fits: None,
                blank: Blank::In,
            }],
            ..ListFilter::default()
        };
        let worker = county.user(Role::CountyWorker, "990000", "2024-06-01");
        let told = county.care.list(&worker, list, &filter, None, 10).await;
        assert_eq!(told.unwrap().total, 1);
        let doctor = county.user(Role::VillageDoctor, "990001001", "2024-06-02");
        let told = county.care.list(&doctor, list, &filter, None, 10).await;
        assert!(matches!(told, Err(crate::care::Error::NotFound("column"))));
        let told = county.care.walk_list(&doctor, list, &filter).await;
        assert!(matches!(told, Err(crate::care::Error::NotFound("column"))));
    })
    .await;
}
