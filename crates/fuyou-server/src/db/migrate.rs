//! Forward-only migrations, one text per dialect, applied at start.

use sm3::{Digest, Sm3};

use super::{Connection, Error, query, script};

/// One step of the schema.
pub(super) struct Migration {
    pub number: i64,
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

/// All steps, in order. A released step never changes: its checksum is stored.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "ledgers",
        sqlite: include_str!("migrations/sqlite/0001_ledgers.sql"),
        postgres: include_str!("migrations/postgres/0001_ledgers.sql"),
    },
    Migration {
        number: 2,
        name: "organizations",
        sqlite: include_str!("migrations/sqlite/0002_organizations.sql"),
        postgres: include_str!("migrations/postgres/0002_organizations.sql"),
    },
    Migration {
        number: 3,
        name: "access",
        sqlite: include_str!("migrations/sqlite/0003_access.sql"),
        postgres: include_str!("migrations/postgres/0003_access.sql"),
    },
    Migration {
        number: 4,
        name: "persons",
        sqlite: include_str!("migrations/sqlite/0004_persons.sql"),
        postgres: include_str!("migrations/postgres/0004_persons.sql"),
    },
    Migration {
        number: 5,
        name: "merges",
        sqlite: include_str!("migrations/sqlite/0005_merges.sql"),
        postgres: include_str!("migrations/postgres/0005_merges.sql"),
    },
    Migration {
        number: 6,
        name: "places",
        sqlite: include_str!("migrations/sqlite/0006_places.sql"),
        postgres: include_str!("migrations/postgres/0006_places.sql"),
    },
    Migration {
        number: 7,
        name: "one_number",
        sqlite: include_str!("migrations/sqlite/0007_one_number.sql"),
        postgres: include_str!("migrations/postgres/0007_one_number.sql"),
    },
    Migration {
        number: 8,
        name: "staff",
        sqlite: include_str!("migrations/sqlite/0008_staff.sql"),
        postgres: include_str!("migrations/postgres/0008_staff.sql"),
    },
    Migration {
        number: 20,
        name: "care",
        sqlite: include_str!("migrations/sqlite/0020_care.sql"),
        postgres: include_str!("migrations/postgres/0020_care.sql"),
    },
    Migration {
        number: 29,
        name: "slips",
        sqlite: include_str!("migrations/sqlite/0029_slips.sql"),
        postgres: include_str!("migrations/postgres/0029_slips.sql"),
    },
    Migration {
        number: 30,
        name: "planning",
        sqlite: include_str!("migrations/sqlite/0030_planning.sql"),
        postgres: include_str!("migrations/postgres/0030_planning.sql"),
    },
    Migration {
        number: 40,
        name: "lapses",
        sqlite: include_str!("migrations/sqlite/0040_lapses.sql"),
        postgres: include_str!("migrations/postgres/0040_lapses.sql"),
    },
    Migration {
        number: 41,
        name: "referral_slip",
        sqlite: include_str!("migrations/sqlite/0041_referral_slip.sql"),
        postgres: include_str!("migrations/postgres/0041_referral_slip.sql"),
    },
];

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
        if checksum_of(text_for(connection, migration)) != *checksum {
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
    let text = text_for(connection, migration);
    query("begin").execute(connection).await?;
    let outcome = async {
        script(connection, text).await?;
        query(DONE)
            .bind(migration.number)
            .bind(migration.name)
            .bind(checksum_of(text))
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

fn text_for(connection: &Connection, migration: &Migration) -> &'static str {
    if connection.is_postgres() {
        migration.postgres
    } else {
        migration.sqlite
    }
}

fn checksum_of(text: &str) -> String {
    Sm3::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
