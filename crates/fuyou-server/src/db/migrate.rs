//! Forward-only migrations, applied at start: one text, of which SQLite reads a translation.

use sm3::{Digest, Sm3};

use super::{Connection, Error, Sql, query, script};

/// One step of the schema.
pub(super) struct Migration {
    pub number: i64,
    pub name: &'static str,
    /// As PostgreSQL reads it; [`sqlite`] says what becomes of it there.
    pub text: &'static str,
}

/// All steps, in order. A released step never changes: its checksum is stored.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "ledgers",
        text: include_str!("migrations/0001_ledgers.sql"),
    },
    Migration {
        number: 2,
        name: "organizations",
        text: include_str!("migrations/0002_organizations.sql"),
    },
    Migration {
        number: 3,
        name: "access",
        text: include_str!("migrations/0003_access.sql"),
    },
    Migration {
        number: 4,
        name: "persons",
        text: include_str!("migrations/0004_persons.sql"),
    },
    Migration {
        number: 5,
        name: "merges",
        text: include_str!("migrations/0005_merges.sql"),
    },
    Migration {
        number: 6,
        name: "places",
        text: include_str!("migrations/0006_places.sql"),
    },
    Migration {
        number: 7,
        name: "one_number",
        text: include_str!("migrations/0007_one_number.sql"),
    },
    Migration {
        number: 8,
        name: "staff",
        text: include_str!("migrations/0008_staff.sql"),
    },
    Migration {
        number: 20,
        name: "care",
        text: include_str!("migrations/0020_care.sql"),
    },
    Migration {
        number: 29,
        name: "slips",
        text: include_str!("migrations/0029_slips.sql"),
    },
    Migration {
        number: 30,
        name: "planning",
        text: include_str!("migrations/0030_planning.sql"),
    },
    Migration {
        number: 40,
        name: "lapses",
        text: include_str!("migrations/0040_lapses.sql"),
    },
    Migration {
        number: 41,
        name: "referral_slip",
        text: include_str!("migrations/0041_referral_slip.sql"),
    },
    Migration {
        number: 50,
        name: "links",
        text: include_str!("migrations/0050_links.sql"),
    },
    Migration {
        number: 60,
        name: "user_language",
        text: include_str!("migrations/0060_user_language.sql"),
    },
    Migration {
        number: 61,
        name: "jobs",
        text: include_str!("migrations/0061_jobs.sql"),
    },
    Migration {
        number: 62,
        name: "list_views",
        text: include_str!("migrations/0062_list_views.sql"),
    },
    Migration {
        number: 76,
        name: "links_wanting",
        text: include_str!("migrations/0076_links_wanting.sql"),
    },
    Migration {
        number: 78,
        name: "work_list",
        text: include_str!("migrations/0078_work_list.sql"),
    },
    Migration {
        number: 80,
        name: "merged_names",
        text: include_str!("migrations/0080_merged_names.sql"),
    },
    Migration {
        number: 81,
        name: "enrollments_at_a_place",
        text: include_str!("migrations/0081_enrollments_at_a_place.sql"),
    },
    Migration {
        number: 82,
        name: "ahead_off",
        text: include_str!("migrations/0082_ahead_off.sql"),
    },
    Migration {
        number: 84,
        name: "ended_by_death",
        text: include_str!("migrations/0084_ended_by_death.sql"),
    },
    Migration {
        number: 88,
        name: "links_withdrawn",
        text: include_str!("migrations/0088_links_withdrawn.sql"),
    },
    Migration {
        number: 90,
        name: "person_in_lists",
        text: include_str!("migrations/0090_person_in_lists.sql"),
    },
    Migration {
        number: 92,
        name: "audit_told",
        text: include_str!("migrations/0092_audit_told.sql"),
    },
];

/// The number of the newest step that this program knows.
pub(super) fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// Applies what is missing, each step in a transaction.
pub(super) async fn migrate(connection: &mut Connection) -> Result<(), Error> {
    const TABLE: &str = "create table if not exists schema_migration \
                         (number bigint primary key, name text not null, checksum text not null)";
    const APPLIED: &str = "select number, checksum from schema_migration order by number";
    query(TABLE).execute(connection).await?;
    let applied: Vec<(i64, String)> = query(APPLIED).all(connection).await?;
    for (number, checksum) in &applied {
        let Some(migration) = MIGRATIONS
            .iter()
            .find(|migration| migration.number == *number)
        else {
            return Err(Error::MigrationUnknown(*number));
        };
        if checksum_of(migration.text) != *checksum {
            return Err(Error::MigrationChanged(migration.name.to_owned()));
        }
    }
    for migration in MIGRATIONS {
        if !applied
            .iter()
            .any(|(number, _)| *number == migration.number)
        {
            apply(connection, migration).await?;
        }
    }
    Ok(())
}

async fn apply(connection: &mut Connection, migration: &Migration) -> Result<(), Error> {
    const DONE: &str = "insert into schema_migration (number, name, checksum) values ($1, $2, $3)";
    query("begin").execute(connection).await?;
    let outcome = async {
        if connection.is_postgres() {
            script(connection, migration.text).await?;
        } else {
            script(connection, Sql::built(sqlite(migration.text))).await?;
        }
        query(DONE)
            .bind(migration.number)
            .bind(migration.name)
            .bind(checksum_of(migration.text))
            .execute(connection)
            .await?;
        query("commit").execute(connection).await?;
        Ok::<(), Error>(())
    }
    .await;
    if outcome.is_err() {
        query("rollback").execute(connection).await?;
    }
    outcome
}

/// The text as SQLite reads it: its own types, tables that check them, and no collation, because it compares bytes anyway.
/// A table marked `/* by key */` is stored in the order of its primary key.
fn sqlite(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        match line {
            ");" => out.push_str(") strict;"),
            ") /* by key */;" => out.push_str(") strict, without rowid;"),
            _ => {
                let line = line.replace(" collate \"C\"", "");
                for (at, word) in line.split(' ').enumerate() {
                    if at > 0 {
                        out.push(' ');
                    }
                    let name = word.trim_end_matches([',', ';']);
                    let ty = match name {
                        "uuid" | "bytea" => "blob",
                        "bigint" | "boolean" | "timestamptz" => "integer",
                        "date" => "text",
                        _ => name,
                    };
                    out.push_str(ty);
                    out.push_str(&word[name.len()..]);
                }
            }
        }
        out.push('\n');
    }
    out
}

fn checksum_of(text: &str) -> String {
    Sm3::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
