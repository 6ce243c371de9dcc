-- Where the ledgers of each lane stand; locked while a batch of that lane runs.
create table lane (
    id bigint not null primary key,
    batches bigint not null,
    change_seq bigint not null,
    audit_seq bigint not null,
    audit_hash bytea not null
);

-- The ordered feed: what changed since a number in a lane.
create table change (
    lane bigint not null,
    seq bigint not null,
    subject_id uuid,
    entity text not null,
    entity_id uuid not null,
    operation text not null check (operation in ('insert', 'update', 'void')),
    at timestamptz not null,
    primary key (lane, seq)
) /* by key */;

-- Append-only; hash ties each entry to all before it in its lane.
create table audit (
    lane bigint not null,
    seq bigint not null,
    at timestamptz not null,
    actor_id uuid,
    actor_login text not null,
    org_id uuid,
    action text not null,
    entity text not null,
    entity_id uuid,
    subject_id uuid,
    detail text not null,
    prev_hash bytea not null,
    hash bytea not null,
    primary key (lane, seq)
);
create index audit_by_time on audit (at, lane, seq);
create index audit_by_subject on audit (subject_id, at);
create index audit_by_actor on audit (actor_login, at);
