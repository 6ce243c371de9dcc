-- Records and what they amount to. The tables of forms and facts are made from the pack.

-- Which pack the tables were made for, and when.
create table pack_version (
    id text not null,
    version text not null,
    layers text not null,
    installed_at timestamptz not null,
    primary key (id, version, installed_at)
) /* by key */;

-- The columns that were made from packs, with their types in the words of packs.
create table pack_column (
    table_name text not null,
    name text not null,
    type text not null,
    primary key (table_name, name)
) /* by key */;

-- One subject in one program. `held` is what a person decided about it against what the facts say.
create table enrollment (
    subject_id uuid not null,
    id uuid not null,
    program text not null,
    org_id uuid not null,
    opened_on date not null,
    closed_on date,
    state text not null check (state in ('open', 'closed')),
    held text check (held in ('open', 'closed')),
    pack_version text not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (subject_id, id)
) /* by key */;

-- Every change of an enrollment by a person: moved, closed, reopened.
create table enrollment_history (
    subject_id uuid not null,
    id uuid not null,
    enrollment_id uuid not null,
    version bigint not null,
    changed_at timestamptz not null,
    changed_by uuid,
    changed_by_login text not null,
    what text not null check (what in ('moved', 'closed', 'reopened')),
    from_value text not null,
    to_value text not null,
    why text not null,
    primary key (subject_id, id)
) /* by key */;

-- The head of every filled form, and what the engine found.
create table encounter (
    subject_id uuid not null,
    id uuid not null,
    enrollment_id uuid not null,
    form text not null,
    occurred_on date not null,
    recorded_at timestamptz not null,
    recorded_org_id uuid not null,
    recorded_by uuid,
    version bigint not null,
    sent_hash bytea not null,
    content_hash bytea not null,
    voided_at timestamptz,
    void_reason text,
    reasons text,
    visit text,
    risk_after text,
    marks_after text,
    primary key (subject_id, id)
) /* by key */;

-- What stood in a record before it was corrected or voided.
create table encounter_history (
    subject_id uuid not null,
    id uuid not null,
    encounter_id uuid not null,
    version bigint not null,
    changed_at timestamptz not null,
    changed_by uuid,
    changed_by_login text not null,
    what text not null check (what in ('corrected', 'voided')),
    why text not null,
    occurred_on date not null,
    content text not null,
    primary key (subject_id, id)
) /* by key */;

-- Level, marks and scores after each record that changed them; the id is the record's.
create table risk_history (
    subject_id uuid not null,
    id uuid not null,
    enrollment_id uuid not null,
    at timestamptz not null,
    level text,
    marks text not null,
    scores text not null,
    primary key (subject_id, id)
) /* by key */;

-- Which rule holds or held, from when to when.
create table rule_hit (
    subject_id uuid not null,
    id uuid not null,
    enrollment_id uuid not null,
    program text not null,
    rule text not null,
    since timestamptz not null,
    until timestamptz,
    encounter_id uuid not null,
    replaced boolean not null,
    primary key (subject_id, id)
) /* by key */;

-- What is due, for whom, until when. `overdue_at` is the first instant at which it is late. `risk_rank` is 0 for the
-- lowest level of the program's scale, 100 for the highest, -1 when not assessed or no longer open.
-- The columns ending in `_sees_at` say from when on it is shown to that level of the tree; `village_id` is the village
-- that helps when the township is late.
create table task (
    subject_id uuid not null,
    id uuid not null,
    enrollment_id uuid not null,
    program text not null,
    key text not null,
    origin text not null check (origin in ('visit', 'rule')),
    item text not null,
    form text,
    owner_id uuid not null,
    from_on date not null,
    due_on date,
    due_at timestamptz,
    overdue_at timestamptz not null,
    state text not null check (state in ('open', 'done', 'cancelled')),
    done_on date,
    done_by uuid,
    on_time boolean,
    risk_rank bigint not null,
    risk_marks text not null,
    village_id uuid,
    village_sees_at timestamptz,
    township_sees_at timestamptz,
    county_sees_at timestamptz,
    city_sees_at timestamptz,
    province_sees_at timestamptz,
    primary key (subject_id, id)
) /* by key */;
create index task_open on task (owner_id, overdue_at) where state = 'open';
create index task_village on task (village_id, overdue_at) where state = 'open' and village_id is not null;

-- Tasks that a person marked done: what the replay is told.
create table task_completion (
    subject_id uuid not null,
    id uuid not null,
    enrollment_id uuid not null,
    key text not null,
    at timestamptz not null,
    by_id uuid,
    primary key (subject_id, id)
) /* by key */;

-- Who tried to do a task, and what came of it.
create table task_attempt (
    subject_id uuid not null,
    id uuid not null,
    task_id uuid not null,
    at timestamptz not null,
    by_id uuid not null,
    outcome text not null,
    note text not null,
    again_on date,
    primary key (subject_id, id)
) /* by key */;

-- Hand-overs and their clocks.
create table referral (
    subject_id uuid not null,
    id uuid not null,
    enrollment_id uuid not null,
    program text not null,
    kind text not null,
    from_org_id uuid not null,
    to_org_id uuid not null,
    escalated_org_id uuid,
    state text not null check (state in ('sent', 'accepted', 'declined', 'arrived', 'feedback', 'closed', 'cancelled')),
    version bigint not null,
    sent_at timestamptz not null,
    sent_by uuid,
    reason text not null,
    sent_on date not null,
    arrive_by date,
    arrived_on date,
    feedback_by date,
    feedback_on date,
    feedback text,
    follow_up_by date,
    follow_up text,
    remark text,
    next_by date,
    primary key (subject_id, id)
) /* by key */;
create index referral_to on referral (to_org_id, next_by);
create index referral_from on referral (from_org_id, next_by);
create index referral_escalated on referral (escalated_org_id, next_by);

-- How far bulk imports are: a file is known by its content.
create table import_job (
    id uuid not null primary key,
    file_name text not null,
    file_hash bytea not null unique,
    position bigint not null,
    lines bigint not null,
    persons bigint not null,
    enrollments bigint not null,
    encounters bigint not null,
    referrals bigint not null,
    completions bigint not null,
    repeated bigint not null,
    rejected bigint not null,
    begun_at timestamptz not null,
    updated_at timestamptz not null
);

-- Where an organization stands in the tree: a subtree is a prefix of the path.
create view org_place as select id, code, path from organization;

-- What rules may know of a person besides: the type of her household registration and her population group, as codes of
-- the pack's value sets of these names.
alter table person add column household_type text;
alter table person add column population_group text;
