create table app_user (
    id uuid not null primary key,
    login text collate "C" not null unique,
    name text not null,
    role text not null,
    org_id uuid not null,
    password_hash text not null,
    state text not null check (state in ('active', 'locked')),
    must_change_password boolean not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index app_user_by_org on app_user (org_id, login);

-- Only the hash of a session's token is stored.
create table session (
    token_hash bytea not null primary key,
    user_id uuid not null,
    csrf text not null,
    created_at timestamptz not null,
    seen_at timestamptz not null
);
create index session_by_user on session (user_id);

-- Failed logins, by hash of what was typed, so that known and unknown logins behave alike.
create table login_failure (
    login_hash bytea not null primary key,
    failures bigint not null,
    locked_until timestamptz
);

-- Which organizations care for a subject besides the one of her residence; filled by the care code.
create table care_relation (
    subject_id uuid not null,
    id uuid not null,
    org_id uuid not null,
    kind text not null check (kind in ('responsible', 'enrollment', 'encounter', 'referral')),
    until_on date,
    primary key (subject_id, id)
);

-- Records opened without a care relation.
create table glass (
    subject_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    reason text not null,
    opened_at timestamptz not null,
    until_at timestamptz not null,
    primary key (subject_id, id)
);
create index glass_by_time on glass (opened_at);
