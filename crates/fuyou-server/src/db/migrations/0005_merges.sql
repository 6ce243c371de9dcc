-- Two records of one person made one. The subject is the record that stays; `merged_id` the one that stands under it now.
create table person_merge (
    subject_id uuid not null,
    id uuid not null,
    merged_id uuid not null,
    reason text not null,
    merged_at timestamptz not null,
    merged_by uuid not null,
    merged_by_login text not null,
    undone_at timestamptz,
    undone_by uuid,
    undone_by_login text,
    undone_reason text,
    primary key (subject_id, id)
) /* by key */;
create index person_merge_by_merged on person_merge (merged_id, merged_at);

-- Which rows a merge moved, so that it can be undone. Versions only for what has one.
create table person_merge_row (
    subject_id uuid not null,
    id uuid not null,
    table_name text not null,
    column_name text not null,
    row_id uuid not null,
    version_before bigint,
    version_after bigint,
    updated_before timestamptz,
    primary key (subject_id, id, table_name, column_name, row_id)
) /* by key */;

-- Old numbers and names of merged records lead to the one that stayed.
create index person_merged on person (merged_into, name) where merged_into is not null;
