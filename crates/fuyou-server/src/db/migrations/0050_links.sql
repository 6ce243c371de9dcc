-- Enrollments that records of other enrollments opened. The subject is who was opened; the other one is whose record
-- opened. `carried` holds digests of what was carried over, `differs` the fields that a person has changed since.
-- `with_org_id` and `lived_org_id` are the opener's responsible organization and residence as last followed.
create table link (
    subject_id uuid not null,
    id uuid not null,
    other_subject_id uuid not null,
    program text not null,
    opens text not null,
    row_key text not null,
    opener_enrollment_id uuid not null,
    opener_encounter_id uuid not null,
    opened_enrollment_id uuid,
    opened_encounter_id uuid,
    state text not null check (state in ('open', 'waiting', 'withdrawn')),
    carried text not null,
    differs text not null,
    with_org_id uuid not null,
    lived_org_id uuid,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (subject_id, id)
) /* by key */;
create index link_by_opener on link (other_subject_id, opener_enrollment_id);

-- How far each reader of the change feed has come, by lane.
create table feed_position (
    reader text not null,
    lane bigint not null,
    seq bigint not null,
    primary key (reader, lane)
) /* by key */;

-- Why an enrollment was withdrawn: what opened it no longer does. It has no facts, risk or tasks while it is.
alter table enrollment add column withdrawn text;
