-- The tree of organizations, held in memory by the server.
create table organization (
    id uuid not null primary key,
    parent_id uuid,
    code text not null unique,
    name text not null,
    level text not null check (level in ('province', 'city', 'county', 'township', 'village')),
    kind text not null,
    path text collate "C" not null unique,
    has_midwifery_licence boolean not null,
    is_rescue_centre boolean not null,
    hospital_grade text,
    population bigint,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- People who work at an organization, with or without a login.
create table staff (
    id uuid not null primary key,
    org_id uuid not null,
    name text not null,
    title text,
    user_id uuid,
    active boolean not null,
    version bigint not null
);
create index staff_by_org on staff (org_id, name);
