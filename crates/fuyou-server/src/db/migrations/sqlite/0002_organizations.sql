-- The tree of organizations, held in memory by the server.
create table organization (
    id blob not null primary key,
    parent_id blob,
    code text not null unique,
    name text not null,
    level text not null check (level in ('province', 'city', 'county', 'township', 'village')),
    kind text not null,
    path text not null unique,
    has_midwifery_licence integer not null,
    is_rescue_centre integer not null,
    hospital_grade text,
    population integer,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- People who work at an organization, with or without a login.
create table staff (
    id blob not null primary key,
    org_id blob not null,
    name text not null,
    title text,
    user_id blob,
    active integer not null,
    version integer not null
) strict;
create index staff_by_org on staff (org_id, name);
