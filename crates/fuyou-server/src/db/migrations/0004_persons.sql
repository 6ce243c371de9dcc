-- Identifiers stand here only sealed and hashed; names are plain, because they are searched by parts.
create table person (
    subject_id uuid not null primary key,
    name text collate "C" not null,
    pinyin text collate "C" not null,
    initials text collate "C" not null,
    sex text not null check (sex in ('female', 'male', 'unknown')),
    birth_on date not null,
    id_type text not null,
    id_no_sealed bytea,
    id_no_hash bytea,
    phone_sealed bytea,
    phone_hash bytea,
    phone_tail text,
    key_version bigint not null,
    residence_org_id uuid not null,
    residence_address text not null,
    residence_since date,
    household_kind text not null check (household_kind in ('local', 'other_county', 'other_province', 'foreign', 'unknown')),
    household_region text,
    ethnicity text,
    content_hash bytea not null,
    version bigint not null,
    merged_into uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index person_by_name on person (name, subject_id);
create index person_by_pinyin on person (pinyin, subject_id);
create index person_by_initials on person (initials, subject_id);
create index person_by_id_no on person (id_no_hash);
create index person_by_phone on person (phone_hash);
create index person_by_phone_tail on person (phone_tail, subject_id);
create index person_by_residence on person (residence_org_id, name);
create index person_by_key on person (key_version, subject_id);

-- Every correction. Identifiers are sealed here too: the change of a number is told, its old value is not shown.
create table person_history (
    subject_id uuid not null,
    id uuid not null,
    at timestamptz not null,
    actor_id uuid not null,
    actor_login text not null,
    field text not null,
    from_value text,
    to_value text,
    from_sealed bytea,
    to_sealed bytea,
    reason text not null,
    version bigint not null,
    primary key (subject_id, id)
);
