use super::Printer;
use crate::tree::{Aggregate, AggregateFunction, Node};

/// The pieces an aggregate is made of.
struct Pieces {
    of: Option<String>,
    filter: Option<String>,
    order: String,
}

impl Printer<'_> {
    pub(super) fn aggregate(&self, aggregate: &Aggregate) -> String {
        let of = aggregate.of.as_ref().map(|of| self.sql(of));
        let filter = aggregate.filter.as_ref().map(|filter| self.sql(filter));
        let order = || self.names.order(aggregate.set);
        let Some(rows) = self.names.rows(aggregate.set) else {
            return self.over(
                aggregate,
                &Pieces {
                    of,
                    filter,
                    order: order(),
                },
            );
        };
        // The inner select turns outer columns into its own: an aggregate of nothing but outer columns would
        // otherwise belong to the outer statement.
        let numbered = match aggregate.function {
            AggregateFunction::First | AggregateFunction::Last => {
                format!("row_number() over (order by {})", order())
            }
            _ => "1".to_owned(),
        };
        let truth = if self.is_postgres() { "true" } else { "1" };
        let pieces = Pieces {
            of: of.as_ref().map(|_| "v.x".to_owned()),
            filter: filter.as_ref().map(|_| "v.f".to_owned()),
            order: "v.n".to_owned(),
        };
        let (of, filter) = (
            of.unwrap_or_else(|| "1".to_owned()),
            filter.unwrap_or_else(|| truth.to_owned()),
        );
        let value = self.over(aggregate, &pieces);
        format!(
            "(select {value} from (select {of} as x, {filter} as f, {numbered} as n from {rows}) v)"
        )
    }

    fn over(&self, aggregate: &Aggregate, pieces: &Pieces) -> String {
        let filtered = |call: String, also: Option<String>| {
            let conditions: Vec<String> = pieces.filter.iter().cloned().chain(also).collect();
            match conditions.as_slice() {
                [] => call,
                all => format!("{call} filter (where {})", all.join(" and ")),
            }
        };
        let (Some(node), Some(of)) = (&aggregate.of, &pieces.of) else {
            return filtered("count(*)".to_owned(), None);
        };
        match aggregate.function {
            AggregateFunction::Count => filtered(format!("count({of})"), None),
            AggregateFunction::CountDistinct => filtered(format!("count(distinct {of})"), None),
            AggregateFunction::Sum if self.is_postgres() => {
                format!("({})::bigint", filtered(format!("sum({of})"), None))
            }
            AggregateFunction::Sum => filtered(format!("sum({of})"), None),
            AggregateFunction::Min => self.outermost("min", node, of, filtered),
            AggregateFunction::Max => self.outermost("max", node, of, filtered),
            AggregateFunction::First => self.at_end(of, &pieces.order, filtered, true),
            AggregateFunction::Last => self.at_end(of, &pieces.order, filtered, false),
            AggregateFunction::Any => self.every(of, filtered, false),
            AggregateFunction::Every => self.every(of, filtered, true),
        }
    }

    fn outermost(
        &self,
        name: &str,
        node: &Node,
        of: &str,
        filtered: impl Fn(String, Option<String>) -> String,
    ) -> String {
        let ordered = self.ordered_text(&node.ty, of.to_owned());
        self.unranked(&node.ty, filtered(format!("{name}({ordered})"), None))
    }

    fn at_end(
        &self,
        of: &str,
        order: &str,
        filtered: impl Fn(String, Option<String>) -> String,
        first: bool,
    ) -> String {
        let known = Some(format!("{of} is not null"));
        if !self.is_postgres() {
            let place = if first { "$[0]" } else { "$[#-1]" };
            let array = filtered(format!("json_group_array({of} order by {order})"), known);
            return format!("json_extract({array}, '{place}')");
        }
        let array = filtered(format!("array_agg({of} order by {order})"), known);
        let place = if first {
            "1".to_owned()
        } else {
            format!("({})::int", filtered(format!("count({of})"), None))
        };
        format!("({array})[{place}]")
    }

    /// Three-valued `and` (`neutral` true) or `or` (`neutral` false) over the rows; the databases' own skip `NULL`.
    fn every(
        &self,
        of: &str,
        filtered: impl Fn(String, Option<String>) -> String,
        neutral: bool,
    ) -> String {
        let truth = |truth: bool| match (self.is_postgres(), truth) {
            (true, truth) => truth.to_string(),
            (false, truth) => u8::from(truth).to_string(),
        };
        let deciding = if neutral {
            format!("(not {of})")
        } else {
            of.to_owned()
        };
        let decided = filtered("count(*)".to_owned(), Some(deciding));
        let unknown = filtered("count(*)".to_owned(), Some(format!("{of} is null")));
        let (decision, otherwise) = (truth(!neutral), truth(neutral));
        format!(
            "(case when {decided} > 0 then {decision} when {unknown} > 0 then null else {otherwise} end)"
        )
    }
}
