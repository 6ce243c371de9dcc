//! Records that open enrollments elsewhere. Read when all programs are there, for they reach from one into another.

use std::sync::Arc;

use fuyou_expr::{Column, Expr, Scope, Type};
use fuyou_kernel::Secrecy;

use super::names::check_snake;
use super::values::ValueSets;
use super::{Context, Sources, read_cited};
use crate::model::{
    Carried, FactIx, FieldIx, FieldKind, Form, FormIx, Group, GroupIx, ItemKind, OpenedPerson,
    Opens, Program, ProgramIx, Relation, RelationEnd, Shows, SubjectKind, Travel,
};
use crate::raw::{Item, Node, NodeKind, Reader, Table, Text, read_word};
use crate::scope::{FormOuter, GroupOuter, OPENER, OpensOuter};

/// The value set whose codes say what subjects are to each other.
const RELATIONS: &str = "relation";

/// Reads what the records of a program open.
pub(crate) fn opens(
    context: &Context<'_>,
    sources: &Sources<'_>,
    values: &ValueSets,
    programs: &[Program],
    program: &Program,
) -> Vec<Opens> {
    let maker = Maker {
        context,
        sources,
        values,
        programs,
        program,
    };
    let items = context.items.of(ItemKind::Opens, &program.id);
    items.filter_map(|item| maker.read(item)).collect()
}

struct Maker<'a> {
    context: &'a Context<'a>,
    sources: &'a Sources<'a>,
    values: &'a ValueSets,
    programs: &'a [Program],
    program: &'a Program,
}

impl Maker<'_> {
    fn read(&self, item: &Item) -> Option<Opens> {
        let report = self.context.report;
        let reader = Reader::new(&item.table, report);
        reader.node("id");
        check_snake(report, &item.id, item.id_at);
        let form = reader.need_text("form").and_then(|text| {
            let known = self.program.forms.iter().map(|form| &*form.id);
            self.context
                .report
                .position(text, known, ("表单", "form"))
                .map(FormIx::new)
        });
        let each = reader.text("each").map(|text| {
            let groups = form.map_or(&[][..], |form| &self.program.form(form).groups);
            let known = groups.iter().map(|group| &*group.id);
            self.context
                .report
                .position(text, known, ("重复组", "group"))
                .map(GroupIx::new)
        });
        let target = reader.need_text("program").and_then(|text| {
            let known = self.programs.iter().map(|program| &*program.id);
            self.context
                .report
                .position(text, known, ("项目", "program"))
        });
        let (key, when) = (reader.text("key"), reader.text("when"));
        let (with, occurred_on) = (reader.text("with"), reader.text("occurred_on"));
        let person = reader.table("person");
        let relation = self.relation(&reader);
        let shows = reader.table("shows");
        let values = reader.table("values");
        let travels = reader
            .texts("travels")
            .into_iter()
            .filter_map(|text| read_word(report, text, &Travel::WORDS))
            .collect();
        let cited = read_cited(&reader, self.sources);
        reader.finish();
        let form = self.program.form(form?);
        let group = match each {
            Some(each) => Some(&form.groups[each?.get()]),
            None => None,
        };
        let target_ix = target?;
        let target = &self.programs[target_ix];
        let with = match with {
            None => target.opens_with,
            Some(text) => {
                let known = target.forms.iter().map(|form| &*form.id);
                FormIx::new(report.position(text, known, ("表单", "form"))?)
            }
        };
        let joins = with != target.opens_with;
        let opening = target.form(with);
        if let Some(person) = person.filter(|_| joins) {
            report.error(
                person.at,
                format!("表单 {} 不建册,记入已有的档案,不能登记新人", opening.id),
                format!(
                    "form `{}` goes into an enrollment that is there, and registers nobody",
                    opening.id
                ),
            );
        }
        let shows = shows.map_or_else(Shows::default, |table| self.shows(table, target));
        let (scope, outer) = scope(form, group);
        let typed = |text: Text<'_>, ty: &Type| self.context.parse_as(text, &scope, ty);
        for program in [self.program, target] {
            if program.subject != SubjectKind::Person {
                report.error(
                    item.id_at,
                    format!("项目 {} 的服务对象不是人", program.id),
                    format!("program `{}` does not follow persons", program.id),
                );
            }
        }
        let person = match person {
            Some(table) => Some(self.person(table, &scope)?),
            None if target_ix == self.position() => {
                report.error(
                    item.id_at,
                    "同一对象不能再开同一项目:缺少 [opens.person]",
                    "the same subject is in this program already: [opens.person] is missing",
                );
                None
            }
            None => None,
        };
        let when = when.and_then(|text| typed(text, &Type::Boolean));
        let key = key.and_then(|text| self.context.parse(text, &scope));
        let told = [&when, &key].into_iter().flatten().map(Expr::secrecy);
        let mut carried: Vec<(FieldIx, Carried)> = Vec::new();
        for (key, node) in values.map_or(&[][..], |table| &table.entries) {
            let known = opening.fields.iter().map(|field| &*field.id);
            let name = Text {
                text: &key.name,
                at: key.at,
            };
            let Some(ix) = self.context.report.position(name, known, ("字段", "field")) else {
                continue;
            };
            carried.extend(
                self.carried(&opening.fields[ix], node, &scope)
                    .map(|value| (FieldIx::new(ix), value)),
            );
        }
        Some(Opens {
            id: item.id.as_str().into(),
            form: self.program.form_ix(&form.id)?,
            each: group.and_then(|group| form.group(&group.id)),
            secrecy: told.max().unwrap_or_default(),
            key,
            when,
            program: ProgramIx::new(target_ix),
            with,
            joins,
            shows,
            person,
            relation,
            occurred_on: occurred_on.and_then(|text| typed(text, &Type::Date)),
            values: carried,
            travels,
            cited,
            outer,
        })
    }

    fn position(&self) -> usize {
        let own = |program: &Program| program.id == self.program.id;
        self.programs.iter().position(own).unwrap_or_default()
    }

    /// The position of a name among the known ones; what is unknown is reported with what was probably meant.
    fn relation(&self, reader: &Reader<'_>) -> Option<Relation> {
        let table = reader.table("relation")?;
        let report = self.context.report;
        let ends = Reader::new(table, report);
        let (of, to) = (ends.need_text("of"), ends.need_text("to"));
        ends.finish();
        let Some(set) = self.values.get(RELATIONS) else {
            report.error(
                reader_at(table),
                "relation 需要值集 relation",
                "`relation` needs a value set `relation`",
            );
            return None;
        };
        let end = |text: Text<'_>| {
            let known = set.codes.iter().map(|code| &*code.code);
            let code =
                &set.codes[self
                    .context
                    .report
                    .position(text, known, ("关系", "relation"))?];
            Some(RelationEnd {
                code: code.code.clone(),
                title: code.title.clone(),
            })
        };
        Some(Relation {
            of: end(of?)?,
            to: end(to?)?,
        })
    }

    /// The facts of each end that the other one's page shows.
    fn shows(&self, table: &Table, target: &Program) -> Shows {
        let report = self.context.report;
        let reader = Reader::new(table, report);
        let facts = |key: &'static str, program: &Program| {
            let texts = reader.texts(key).into_iter();
            let known = |text| {
                let known = program.facts.iter().map(|fact| &*fact.id);
                report.position(text, known, ("事实", "fact"))
            };
            texts.filter_map(known).map(FactIx::new).collect()
        };
        let shows = Shows {
            of: facts("of", self.program),
            to: facts("to", target),
        };
        reader.finish();
        shows
    }

    fn person(&self, table: &Table, scope: &Scope) -> Option<OpenedPerson> {
        let reader = Reader::new(table, self.context.report);
        let typed = |text: Option<Text<'_>>, ty| self.context.parse_as(text?, scope, &ty);
        let name = typed(reader.need_text("name"), Type::Text);
        let birth_on = typed(reader.need_text("birth_on"), Type::Date);
        let sex = reader.need_text("sex");
        let sex = sex.and_then(|text| self.sex(text, scope));
        reader.finish();
        Some(OpenedPerson {
            name: name?,
            sex: sex?,
            birth_on: birth_on?,
        })
    }

    fn sex(&self, text: Text<'_>, scope: &Scope) -> Option<Expr> {
        let expr = self.context.parse(text, scope)?;
        if matches!(expr.ty(), Type::Code(_) | Type::Text) {
            return Some(expr);
        }
        self.context.report.error(
            text.at,
            "性别应为编码,其中 male 和 female 有意义",
            "the sex should be a code, of which `male` and `female` mean something",
        );
        None
    }

    /// The value of a field: an expression, or the codes of a multiple choice with their conditions.
    fn carried(&self, field: &crate::model::Field, node: &Node, scope: &Scope) -> Option<Carried> {
        let report = self.context.report;
        if matches!(field.kind, FieldKind::Computed(_)) {
            report.error(
                node.at,
                format!("字段 {} 是计算得出的", field.id),
                format!("field `{}` is computed", field.id),
            );
            return None;
        }
        let carried = match (&node.kind, &field.ty) {
            (NodeKind::Text(text), ty) => {
                let text = Text { text, at: node.at };
                Carried::Is(self.context.parse_as(text, scope, ty)?)
            }
            (NodeKind::Table(table), Type::Codes(set)) => {
                let mut codes = Vec::new();
                for (key, node) in &table.entries {
                    let name = Text {
                        text: &key.name,
                        at: key.at,
                    };
                    let known = set.codes().iter().map(|code| &**code);
                    let position = self.context.report.position(name, known, ("编码", "code"));
                    let NodeKind::Text(text) = &node.kind else {
                        report.error(node.at, "这里应为条件", "expected a condition");
                        continue;
                    };
                    let text = Text { text, at: node.at };
                    let when = self.context.parse_as(text, scope, &Type::Boolean);
                    if let (Some(position), Some(when)) = (position, when) {
                        codes.push((u16::try_from(position).unwrap_or(u16::MAX), when));
                    }
                }
                Carried::Codes(codes)
            }
            _ => {
                report.error(
                    node.at,
                    "这里应为表达式;多选字段可写 { 编码 = 条件 }",
                    "expected an expression, or for several codes { CODE = condition }",
                );
                return None;
            }
        };
        if field.secrecy < carried.secrecy() {
            report.error(
                node.at,
                format!("字段 {} 的保密级别低于所带入的内容", field.id),
                format!(
                    "field `{}` is less secret than what is carried into it",
                    field.id
                ),
            );
            return None;
        }
        Some(carried)
    }
}

fn reader_at(table: &Table) -> crate::raw::At {
    table.entries.first().map_or(table.at, |(key, _)| key.at)
}

/// What expressions see: the row's own fields, the record's, its derived columns, the facts row, and who the subject is.
fn scope(form: &Form, group: Option<&Group>) -> (Scope, Vec<OpensOuter>) {
    let mut scope = Scope::new();
    if let Some(curves) = form.scope.curves() {
        scope.set_curves(Arc::clone(curves));
    }
    let mut outer = Vec::new();
    let mut add = |name: &str, column: &Column, what: OpensOuter| {
        if scope.get(name).is_none() {
            scope.outer(name, column.clone());
            outer.push(what);
        }
    };
    if let Some(group) = group {
        for ((name, column), what) in group.scope.columns(None).zip(&group.outer) {
            if let GroupOuter::Own(field) = what {
                add(name, column, OpensOuter::Cell(*field));
            }
        }
    }
    for ((name, column), what) in form.scope.columns(None).zip(&form.outer) {
        match what {
            // What was known before the record, and the day of typing, change nothing about what it says.
            FormOuter::Previous(_) | FormOuter::Today => {}
            FormOuter::Field(_)
            | FormOuter::OccurredOn
            | FormOuter::Row(_)
            | FormOuter::Derived(_) => add(name, column, OpensOuter::Form(*what)),
        }
    }
    for (position, name) in OPENER.iter().enumerate() {
        let column = Column {
            ty: Type::Text,
            range: None,
            secrecy: Secrecy::Open,
        };
        add(
            &format!("person.{name}"),
            &column,
            OpensOuter::Opener(position),
        );
    }
    (scope, outer)
}
