-- Identifiers stand here only sealed and hashed; names are plain, because they are searched by parts.
create table person (
    subject_id blob not null primary key,
    name text not null,
    pinyin text not null,
    initials text not null,
    sex text not null check (sex in ('female', 'male', 'unknown')),
    birth_on text not null,
    id_type text not null,
    id_no_sealed blob,
    id_no_hash blob,
    phone_sealed blob,
    phone_hash blob,
    phone_tail text,
    key_version integer not null,
    residence_org_id blob not null,
    residence_address text not null,
    residence_since text,
    household_kind text not null check (household_kind in ('local', 'other_county', 'other_province', 'foreign', 'unknown')),
    household_region text,
    ethnicity text,
    content_hash blob not null,
    version integer not null,
    merged_into blob,
    created_at integer not null,
    updated_at integer not null
) strict;
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
    subject_id blob not null,
    id blob not null,
    at integer not null,
    actor_id blob not null,
    actor_login text not null,
    field text not null,
    from_value text,
    to_value text,
    from_sealed blob,
    to_sealed blob,
    reason text not null,
    version integer not null,
    primary key (subject_id, id)
) strict;
