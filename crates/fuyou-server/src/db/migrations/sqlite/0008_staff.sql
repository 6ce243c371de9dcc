-- Nothing ever stood in the first shape of this table.
drop table staff;

-- People who work at an organization, with or without a login; where each of them works now, or worked last.
create table staff (
    id blob not null primary key,
    org_id blob not null,
    name text not null,
    pinyin text not null,
    initials text not null,
    profession text not null,
    title text not null,
    phone_sealed blob,
    key_version integer not null,
    user_id blob,
    from_on text not null,
    until_on text,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create index staff_by_org on staff (org_id, pinyin);
create index staff_by_key on staff (key_version, id);
create unique index staff_by_user on staff (user_id);

-- Every place where somebody works or worked.
create table staff_post (
    staff_id blob not null,
    id blob not null,
    org_id blob not null,
    from_on text not null,
    until_on text,
    primary key (staff_id, id)
) strict, without rowid;

-- Under which key version a correction was sealed; 0: not known, to be sealed anew.
alter table person_history add column key_version integer not null default 0;
create index person_history_by_key on person_history (key_version, subject_id, id)
    where from_sealed is not null or to_sealed is not null;
