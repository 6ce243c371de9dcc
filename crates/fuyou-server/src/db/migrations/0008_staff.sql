-- Nothing ever stood in the first shape of this table.
drop table staff;

-- People who work at an organization, with or without a login; where each of them works now, or worked last.
create table staff (
    id uuid not null primary key,
    org_id uuid not null,
    name text collate "C" not null,
    pinyin text collate "C" not null,
    initials text collate "C" not null,
    profession text collate "C" not null,
    title text not null,
    phone_sealed bytea,
    key_version bigint not null,
    user_id uuid,
    from_on date not null,
    until_on date,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index staff_by_org on staff (org_id, pinyin);
create index staff_by_key on staff (key_version, id);
create unique index staff_by_user on staff (user_id);

-- Every place where somebody works or worked.
create table staff_post (
    staff_id uuid not null,
    id uuid not null,
    org_id uuid not null,
    from_on date not null,
    until_on date,
    primary key (staff_id, id)
) /* by key */;

-- Under which key version a correction was sealed; 0: not known, to be sealed anew.
alter table person_history add column key_version bigint not null default 0;
create index person_history_by_key on person_history (key_version, subject_id, id)
    where from_sealed is not null or to_sealed is not null;
