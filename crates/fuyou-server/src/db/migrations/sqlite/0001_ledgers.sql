-- Where the ledgers of each lane stand; locked while a batch of that lane runs.
create table lane (
    id integer not null primary key,
    batches integer not null,
    change_seq integer not null,
    audit_seq integer not null,
    audit_hash blob not null
) strict;

-- The ordered feed: what changed since a number in a lane.
create table change (
    lane integer not null,
    seq integer not null,
    subject_id blob,
    entity text not null,
    entity_id blob not null,
    operation text not null check (operation in ('insert', 'update', 'void')),
    at integer not null,
    primary key (lane, seq)
) strict, without rowid;

-- Append-only; hash ties each entry to all before it in its lane.
create table audit (
    lane integer not null,
    seq integer not null,
    at integer not null,
    actor_id blob,
    actor_login text not null,
    org_id blob,
    action text not null,
    entity text not null,
    entity_id blob,
    subject_id blob,
    detail text not null,
    prev_hash blob not null,
    hash blob not null,
    primary key (lane, seq)
) strict;
create index audit_by_time on audit (at, lane, seq);
create index audit_by_subject on audit (subject_id, at);
create index audit_by_actor on audit (actor_login, at);
