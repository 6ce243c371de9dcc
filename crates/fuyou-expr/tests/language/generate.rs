//! Random expressions, grown from a string of bytes: each byte is a choice, and when the bytes run out every
//! choice is the first and simplest. Shortening the bytes therefore shrinks the expression.

pub struct Choices<'b> {
    bytes: std::slice::Iter<'b, u8>,
}

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Choices<'b> {
        Choices {
            bytes: bytes.iter(),
        }
    }

    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or(0)) % count
    }

    fn of<'c>(&mut self, all: &[&'c str]) -> &'c str {
        all[self.below(all.len())]
    }

    pub fn wide(&mut self) -> i64 {
        (self.below(256) as i64) << 8 | self.below(256) as i64
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Boolean,
    Number,
    Integer,
    Text,
    Date,
    Risk,
    Place,
    Signs,
}

const SORTS: [Sort; 8] = [
    Sort::Boolean,
    Sort::Number,
    Sort::Integer,
    Sort::Date,
    Sort::Risk,
    Sort::Text,
    Sort::Place,
    Sort::Signs,
];

/// Where an expression stands: which columns it may read, and whether it may hold an aggregate.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Outer,
    Visit,
    Newborn,
}

const PATTERNS: &[&str] = &[
    "'%'", "'a%'", "'_'", "'%b'", "'A\\%'", "'%中%'", "'%é%'", "'a_b'", "'%''%'", "'1%%'",
];

struct Grower<'c, 'b> {
    choices: &'c mut Choices<'b>,
    place: Place,
    /// Whether aggregates may grow.
    sets: bool,
}

/// A random expression of any type.
pub fn expression(choices: &mut Choices<'_>) -> String {
    grown(choices, true)
}

/// A random expression of any type that reads the outer row only.
pub fn row_expression(choices: &mut Choices<'_>) -> String {
    grown(choices, false)
}

fn grown(choices: &mut Choices<'_>, sets: bool) -> String {
    let sort = SORTS[choices.below(SORTS.len())];
    Grower {
        choices,
        place: Place::Outer,
        sets,
    }
    .grow(sort, 4)
}

impl Grower<'_, '_> {
    fn grow(&mut self, sort: Sort, depth: u32) -> String {
        if depth == 0 || self.choices.below(5) == 0 {
            return self.leaf(sort);
        }
        let depth = depth - 1;
        match self.choices.below(8) {
            0 => self.choice(sort, depth),
            1 if self.sets && self.place == Place::Outer => self.aggregate(sort, depth),
            _ => self.operator(sort, depth),
        }
    }

    fn leaf(&mut self, sort: Sort) -> String {
        let (outer, visit, newborn): (&[&str], &[&str], &[&str]) = match sort {
            Sort::Boolean => (&["b1", "b2", "true", "false"], &["hit"], &["newborn.alive"]),
            Sort::Number => (
                &["d1", "d2", "n3", "1.5", "-0.05", "0"],
                &["hb"],
                &["newborn.weight_g"],
            ),
            Sort::Integer => (
                &["n1", "n2", "0", "1", "-3", "40"],
                &["ga"],
                &["newborn.weight_g"],
            ),
            Sort::Text => (
                &["t1", "t2", "'a'", "''", "'it''s 中'", "'É'"],
                &["note"],
                &["t1"],
            ),
            Sort::Date => (
                &["this.on1", "on2", "date '2024-02-29'"],
                &["visit.on1"],
                &["newborn.born_on"],
            ),
            Sort::Risk => (&["risk", "risk2"], &["level"], &["risk"]),
            Sort::Place => (&["place"], &["site"], &["place"]),
            Sort::Signs => (&["signs"], &["finds"], &["signs"]),
        };
        let own = match self.place {
            Place::Outer => outer,
            Place::Visit if self.choices.below(3) > 0 => visit,
            Place::Newborn if self.choices.below(3) > 0 => newborn,
            Place::Visit | Place::Newborn => outer,
        };
        self.choices.of(own).to_owned()
    }

    fn choice(&mut self, sort: Sort, depth: u32) -> String {
        let a = self.grow(sort, depth);
        match self.choices.below(6) {
            0 => format!("coalesce({a}, {})", self.grow(sort, depth)),
            1 => format!("nullif({a}, {})", self.grow(sort, depth)),
            2 => {
                let (when, b) = (self.grow(Sort::Boolean, depth), self.grow(sort, depth));
                format!("case when {when} then {a} else {b} end")
            }
            3 => format!("case when {} then {a} end", self.grow(Sort::Boolean, depth)),
            4 => format!(
                "case {} when 'red' then {a} when 'green' then null end",
                self.grow(Sort::Risk, depth)
            ),
            _ => {
                let (of, b) = (self.grow(Sort::Integer, depth), self.grow(sort, depth));
                format!("case {of} when 0 then {a} when 1 then {b} else null end")
            }
        }
    }

    fn aggregate(&mut self, sort: Sort, depth: u32) -> String {
        self.place = if self.choices.below(3) == 2 {
            Place::Newborn
        } else {
            Place::Visit
        };
        // Something must name the set when it is not the default one.
        let anchor = if self.place == Place::Newborn {
            "newborn.weight_g is distinct from -1"
        } else {
            "true"
        };
        let filter = match self.choices.below(3) {
            0 => format!(" filter (where {anchor})"),
            _ => format!(
                " filter (where {anchor} and {})",
                self.grow(Sort::Boolean, depth.min(2))
            ),
        };
        let of = self.grow(sort, depth);
        let ends = ["first", "last"];
        let ordered = ["first", "last", "min", "max"];
        let call = match sort {
            Sort::Boolean => format!(
                "{}({of})",
                self.choices.of(&["any", "every", "first", "last"])
            ),
            Sort::Integer => match self.choices.below(4) {
                0 => "count(*)".to_owned(),
                1 => format!("count({})", self.any(depth)),
                2 => format!("count(distinct {})", self.any(depth)),
                _ => format!(
                    "{}({of})",
                    self.choices.of(&["sum", "first", "last", "min", "max"])
                ),
            },
            Sort::Number => format!(
                "{}({of})",
                self.choices.of(&["sum", "first", "last", "min", "max"])
            ),
            Sort::Date | Sort::Risk | Sort::Text => format!("{}({of})", self.choices.of(&ordered)),
            Sort::Place | Sort::Signs => format!("{}({of})", self.choices.of(&ends)),
        };
        self.place = Place::Outer;
        format!("{call}{filter}")
    }

    fn any(&mut self, depth: u32) -> String {
        let sort = SORTS[self.choices.below(SORTS.len())];
        self.grow(sort, depth)
    }

    fn operator(&mut self, sort: Sort, depth: u32) -> String {
        match sort {
            Sort::Boolean => self.boolean(depth),
            Sort::Number => self.number(depth),
            Sort::Integer => self.integer(depth),
            Sort::Text => format!(
                "({} || {})",
                self.grow(Sort::Text, depth),
                self.grow(Sort::Text, depth)
            ),
            Sort::Date => self.date(depth),
            Sort::Risk => {
                let name = self.choices.of(&["least", "greatest"]);
                format!(
                    "{name}({}, {}, 'orange')",
                    self.grow(Sort::Risk, depth),
                    self.grow(Sort::Risk, depth)
                )
            }
            Sort::Place | Sort::Signs => self.choice(sort, depth),
        }
    }

    fn boolean(&mut self, depth: u32) -> String {
        match self.choices.below(16) {
            0 => format!(
                "({} and {})",
                self.grow(Sort::Boolean, depth),
                self.grow(Sort::Boolean, depth)
            ),
            1 => format!(
                "({} or {})",
                self.grow(Sort::Boolean, depth),
                self.grow(Sort::Boolean, depth)
            ),
            2 => format!("(not {})", self.grow(Sort::Boolean, depth)),
            3..6 => {
                let (op, sort) = (
                    self.choices.of(&["=", "<>", "<", "<=", ">", ">="]),
                    self.ordered(),
                );
                format!(
                    "({} {op} {})",
                    self.grow(sort, depth),
                    self.grow(sort, depth)
                )
            }
            6 => {
                let op = self
                    .choices
                    .of(&["=", "<>", "is distinct from", "is not distinct from"]);
                let sort = self.sort();
                format!(
                    "({} {op} {})",
                    self.grow(sort, depth),
                    self.grow(sort, depth)
                )
            }
            7 => format!(
                "({} is {}null)",
                self.any(depth),
                self.choices.of(&["", "not "])
            ),
            8 => {
                let word = self.choices.of(&[
                    "true",
                    "false",
                    "unknown",
                    "not true",
                    "not false",
                    "not unknown",
                ]);
                format!("({} is {word})", self.grow(Sort::Boolean, depth))
            }
            9..12 => self.range_or_list(depth),
            12 => {
                let of = self.grow(Sort::Text, depth);
                format!(
                    "({of} {}like {})",
                    self.choices.of(&["", "not "]),
                    self.choices.of(PATTERNS)
                )
            }
            13 => format!("has({}, {})", self.grow(Sort::Signs, depth), self.sign()),
            14 => {
                let name = self.choices.of(&["has_any", "has_all"]);
                format!(
                    "{name}({}, {}, {})",
                    self.grow(Sort::Signs, depth),
                    self.sign(),
                    self.sign()
                )
            }
            _ => format!("({} in ('home', 'ho'))", self.grow(Sort::Place, depth)),
        }
    }

    fn range_or_list(&mut self, depth: u32) -> String {
        let not = self.choices.of(&["", "not "]);
        if self.choices.below(3) > 0 {
            let sort = self.ordered();
            let (of, low, high) = (
                self.grow(sort, depth),
                self.grow(sort, depth),
                self.grow(sort, depth),
            );
            return format!("({of} {not}between {low} and {high})");
        }
        let sort = self.sort();
        let (of, a, b) = (
            self.grow(sort, depth),
            self.grow(sort, depth),
            self.grow(sort, depth),
        );
        format!(
            "({of} {not}in ({a}, {b}{}))",
            self.choices.of(&["", ", null"])
        )
    }

    fn sort(&mut self) -> Sort {
        SORTS[self.choices.below(SORTS.len())]
    }

    /// A type whose values have an order.
    fn ordered(&mut self) -> Sort {
        [
            Sort::Number,
            Sort::Integer,
            Sort::Date,
            Sort::Text,
            Sort::Risk,
        ][self.choices.below(5)]
    }

    fn sign(&mut self) -> &'static str {
        self.choices.of(&[
            "'a'", "'ab'", "'b'", "'a b'", "'%'", "'_'", "'s1'", "'s58'", "'s89'",
        ])
    }

    fn number(&mut self, depth: u32) -> String {
        let sort = if self.choices.below(2) == 0 {
            Sort::Number
        } else {
            Sort::Integer
        };
        let (a, b) = (self.grow(Sort::Number, depth), self.grow(sort, depth));
        match self.choices.below(12) {
            0 => format!("({a} + {b})"),
            1 => format!("({a} - {b})"),
            2 => format!("({a} * {b})"),
            3 | 4 => format!("({a} / {b})"),
            5 => format!("round({a} / {b}, {})", self.choices.of(&["0", "1", "3"])),
            6 => format!("round({a}, {})", self.choices.of(&["0", "1", "2"])),
            7 => format!("(- {a})"),
            8 => format!("abs({a})"),
            9 => format!("least({a}, {b})"),
            10 => format!("greatest({a}, {b}, 0.25)"),
            _ => format!("round({a} * 0.125, 2)"),
        }
    }

    fn integer(&mut self, depth: u32) -> String {
        let mut two = |sort| (self.grow(sort, depth), self.grow(sort, depth));
        let ((a, b), (from, to)) = (two(Sort::Integer), two(Sort::Date));
        match self.choices.below(14) {
            0 => format!("({a} + {b})"),
            1 => format!("({a} - {b})"),
            2 => format!("({a} * {b})"),
            3 => format!("({a} % {b})"),
            4 => format!("floor({})", self.grow(Sort::Number, depth)),
            5 => format!("ceil({})", self.grow(Sort::Number, depth)),
            6 => format!("round({})", self.grow(Sort::Number, depth)),
            7 => format!("length({})", self.grow(Sort::Text, depth)),
            8 => format!("size({})", self.grow(Sort::Signs, depth)),
            9 => format!("({to} - {from})"),
            10 => format!(
                "{}({from}, {to})",
                self.choices
                    .of(&["weeks_between", "months_between", "years_between"])
            ),
            11 => format!("{}({from})", self.choices.of(&["year", "month", "day"])),
            12 => format!("abs({a})"),
            _ => format!("{}({a}, {b})", self.choices.of(&["least", "greatest"])),
        }
    }

    fn date(&mut self, depth: u32) -> String {
        let (date, count) = (
            self.grow(Sort::Date, depth),
            self.grow(Sort::Integer, depth),
        );
        match self.choices.below(5) {
            0 => format!("({date} + {count})"),
            1 => format!("({date} - {count})"),
            2 | 3 => format!("add_months({date}, {count})"),
            _ => format!(
                "{}({date}, {})",
                self.choices.of(&["least", "greatest"]),
                self.grow(Sort::Date, depth)
            ),
        }
    }
}
