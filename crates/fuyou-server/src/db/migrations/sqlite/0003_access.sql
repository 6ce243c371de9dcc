create table app_user (
    id blob not null primary key,
    login text not null unique,
    name text not null,
    role text not null,
    org_id blob not null,
    password_hash text not null,
    state text not null check (state in ('active', 'locked')),
    must_change_password integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create index app_user_by_org on app_user (org_id, login);

-- Only the hash of a session's token is stored.
create table session (
    token_hash blob not null primary key,
    user_id blob not null,
    csrf text not null,
    created_at integer not null,
    seen_at integer not null
) strict;
create index session_by_user on session (user_id);

-- Failed logins, by hash of what was typed, so that known and unknown logins behave alike.
create table login_failure (
    login_hash blob not null primary key,
    failures integer not null,
    locked_until integer
) strict;

-- Which organizations care for a subject besides the one of her residence; filled by the care code.
create table care_relation (
    subject_id blob not null,
    id blob not null,
    org_id blob not null,
    kind text not null check (kind in ('responsible', 'enrollment', 'encounter', 'referral')),
    until_on text,
    primary key (subject_id, id)
) strict;

-- Records opened without a care relation.
create table glass (
    subject_id blob not null,
    id blob not null,
    user_id blob not null,
    reason text not null,
    opened_at integer not null,
    until_at integer not null,
    primary key (subject_id, id)
) strict;
create index glass_by_time on glass (opened_at);
