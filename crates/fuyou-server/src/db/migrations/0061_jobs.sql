-- Long work: what it is, how far it is, how it ended. Holds no personal data.
create table job (
    id uuid not null primary key,
    kind text collate "C" not null,
    name text not null,
    same text collate "C" not null,
    state text collate "C" not null check (state in ('running', 'stopping', 'stopped', 'done', 'failed')),
    done bigint not null,
    total bigint not null,
    place text not null,
    result text not null,
    problem text not null,
    started_by uuid,
    started_login text not null,
    org_id uuid,
    begun_at timestamptz not null,
    updated_at timestamptz not null,
    ended_at timestamptz
);
create index job_by_time on job (begun_at, id);
create index job_by_same on job (same, begun_at);

-- A file that a job left for whoever started it, sealed part by part.
create table job_file (
    job_id uuid not null,
    part bigint not null,
    sealed bytea not null,
    primary key (job_id, part)
);
