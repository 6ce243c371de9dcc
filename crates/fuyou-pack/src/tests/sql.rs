//! Measures as SQL over the facts table.

use fuyou_expr::Dialect;

use super::fixture::mini;
use crate::indicator::{measure_sql, row_sql};

#[test]
fn measures_print_over_the_callers_columns() {
    let pack = mini();
    let program = &pack.programs[0];
    let column = |name: &str| format!("f.\"{name}\"");
    let sum = pack
        .measures
        .iter()
        .find(|measure| &*measure.id == "service_sum")
        .unwrap();
    let sql = measure_sql(program, sum, Dialect::Sqlite, &column);
    let parts = [
        sql.filter.as_deref().unwrap(),
        &sql.value,
        &sql.on,
        &sql.org,
    ];
    for (part, name) in parts
        .iter()
        .zip(["services", "services", "bought_on", "org"])
    {
        assert!(
            part.contains(&format!("f.\"{name}\"")),
            "{part} does not read {name}"
        );
    }
    let list = program
        .lists
        .iter()
        .find(|list| &*list.id == "red")
        .unwrap();
    let sql = row_sql(
        program,
        list.filter.as_ref().unwrap(),
        Dialect::Postgres,
        &column,
    );
    assert!(
        sql.contains("f.\"today\"") && sql.contains("f.\"risk\"") && sql.contains("'red'"),
        "{sql}"
    );
}
