//! Whether what is stored about a subject is what her records amount to.

use std::collections::BTreeMap;

use fuyou_pack::replay::replay;
use uuid::Uuid;

use super::derive::{Derived, Finding, derive};
use super::file::{self, Enrolled, File, Reading};
use super::{Acting, Care, Error, SubjectId, store};
use crate::db::{Cell, CellType, Connection, query};

const TASKS: &str = "select subject_id, id, enrollment_id, program, key, origin, item, form, owner_id, from_on, due_on, \
                     due_at, overdue_at, state, done_on, done_by, on_time, risk_rank, risk_marks, village_id, \
                     village_sees_at, township_sees_at, county_sees_at, city_sees_at, province_sees_at, lapses_on from task \
                     where subject_id = $1 and enrollment_id = $2";
const TASK_TYPES: [CellType; 26] = {
    use CellType as T;
    [
        T::Id,
        T::Id,
        T::Id,
        T::Text,
        T::Text,
        T::Text,
        T::Text,
        T::Text,
        T::Id,
        T::Date,
        T::Date,
        T::Instant,
        T::Instant,
        T::Text,
        T::Date,
        T::Id,
        T::Bool,
        T::Int,
        T::Text,
        T::Id,
        T::Instant,
        T::Instant,
        T::Instant,
        T::Instant,
        T::Instant,
        T::Date,
    ]
};
/// Place of the state in a row of tasks.
const STATE: usize = 13;
const HITS: &str = "select subject_id, id, enrollment_id, program, rule, since, until, encounter_id, replaced from rule_hit \
                    where subject_id = $1 and enrollment_id = $2";
const HIT_TYPES: [CellType; 9] = {
    use CellType as T;
    [
        T::Id,
        T::Id,
        T::Id,
        T::Text,
        T::Text,
        T::Instant,
        T::Instant,
        T::Id,
        T::Bool,
    ]
};
const RISKS: &str = "select subject_id, id, enrollment_id, at, level, marks, scores from risk_history \
                     where subject_id = $1 and enrollment_id = $2";
const RISK_TYPES: [CellType; 7] = {
    use CellType as T;
    [T::Id, T::Id, T::Id, T::Instant, T::Text, T::Text, T::Text]
};

impl Care {
    /// What is stored about a subject although her records do not amount to it, or the other way round; one line each,
    /// without values. Empty when all is well. For checks after an accident; the reading is not audited.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reconcile(&self, by: &Acting, subject: SubjectId) -> Result<Vec<String>, Error> {
        let mut reader = self.db().read().await?;
        let subject = subject.uuid();
        let file = file::read(
            &mut reader,
            self.pack(),
            self.tables(),
            subject,
            Reading::Everything,
        )
        .await?;
        let mut differences = Vec::new();
        for enrolled in &file.enrollments {
            self.compare(&mut reader, by, &file, enrolled, &mut differences)
                .await?;
        }
        Ok(differences)
    }

    async fn compare(
        &self,
        reader: &mut Connection,
        by: &Acting,
        file: &File,
        enrolled: &Enrolled,
        differences: &mut Vec<String>,
    ) -> Result<(), Error> {
        let head = &enrolled.head;
        let at = self.surroundings(head.program, &by.actor.tree, file.residence());
        let history = enrolled.history(
            at.program,
            &by.actor.tree,
            file.profile.as_ref(),
            at.utc_offset_minutes,
        );
        let outcome = replay(at.program, &history);
        let derived: Derived = derive(at, head, &history, &outcome);
        let settled =
            super::settle::settled(head.clone(), enrolled.opened_on(at.program), &outcome);
        let mut wrong = |what: &str, id: Uuid| differences.push(format!("{what} {id}"));
        if (settled.state, settled.closed_on, settled.opened_on)
            != (head.state, head.closed_on, head.opened_on)
        {
            wrong("enrollment", head.id);
        }
        let stands = |sql| query(sql).bind(file.subject).bind(head.id);
        let facts = at.tables.facts.cells(reader, file.subject, head.id).await?;
        // What was withdrawn has no row at all.
        let expected = (!derived.facts.is_empty()).then_some(&derived.facts);
        if facts.as_ref() != expected {
            wrong("facts", head.id);
        }
        let tasks = by_id(stands(TASKS).cells(reader, &TASK_TYPES).await?);
        // A task that is not asked for any more stays, cancelled, for what was tried.
        let stored = tasks.iter().filter(|(id, row)| {
            derived.tasks.contains_key(id) || row.get(STATE) != Some(&Cell::text("cancelled"))
        });
        compare(
            "task",
            &stored.map(|(id, row)| (*id, row.clone())).collect(),
            &derived.tasks,
            &mut wrong,
        );
        let hits = by_id(stands(HITS).cells(reader, &HIT_TYPES).await?);
        compare("rule hit", &hits, &derived.hits, &mut wrong);
        let risks = by_id(stands(RISKS).cells(reader, &RISK_TYPES).await?);
        compare("risk", &risks, &derived.risks, &mut wrong);
        let found = store::findings(reader, file.subject).await?;
        for kept in enrolled.records.iter().filter(|kept| kept.voided.is_none()) {
            let expected = derived.records.get(&kept.id);
            let head = found
                .get(&kept.id)
                .map(|(visit, risk, marks)| (visit.as_deref(), risk.as_deref(), marks.as_deref()));
            let wanted = expected
                .map(Finding::head)
                .map(|(visit, risk, marks)| (visit, risk, Some(marks)));
            if head != wanted || expected.map(|finding| &finding.derived) != Some(&kept.derived) {
                wrong("encounter", kept.id);
            }
        }
        Ok(())
    }
}

fn by_id(rows: Vec<Vec<Cell>>) -> BTreeMap<Uuid, Vec<Cell>> {
    let id = |row: &[Cell]| match row.get(1) {
        Some(Cell::Id(Some(id))) => *id,
        _ => Uuid::nil(),
    };
    rows.into_iter().map(|row| (id(&row), row)).collect()
}

fn compare(
    what: &str,
    stored: &BTreeMap<Uuid, Vec<Cell>>,
    derived: &BTreeMap<Uuid, Vec<Cell>>,
    wrong: &mut impl FnMut(&str, Uuid),
) {
    for id in stored.keys().filter(|id| !derived.contains_key(id)) {
        wrong(&format!("{what} without reason"), *id);
    }
    for (id, row) in derived {
        match stored.get(id) {
            None => wrong(&format!("{what} missing"), *id),
            Some(stored) if stored != row => wrong(&format!("{what} otherwise"), *id),
            Some(_) => {}
        }
    }
}
