-- Records and what they amount to. The tables of forms and facts are made from the pack.

-- Which pack the tables were made for, and when.
create table pack_version (
    id text not null,
    version text not null,
    layers text not null,
    installed_at integer not null,
    primary key (id, version, installed_at)
) strict, without rowid;

-- The columns that were made from packs, with their types in the words of packs.
create table pack_column (
    table_name text not null,
    name text not null,
    type text not null,
    primary key (table_name, name)
) strict, without rowid;

-- One subject in one program. `held` is what a person decided about it against what the facts say.
create table enrollment (
    subject_id blob not null,
    id blob not null,
    program text not null,
    org_id blob not null,
    opened_on text not null,
    closed_on text,
    state text not null check (state in ('open', 'closed')),
    held text check (held in ('open', 'closed')),
    pack_version text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (subject_id, id)
) strict, without rowid;

-- Every change of an enrollment by a person: moved, closed, reopened.
create table enrollment_history (
    subject_id blob not null,
    id blob not null,
    enrollment_id blob not null,
    version integer not null,
    changed_at integer not null,
    changed_by blob,
    changed_by_login text not null,
    what text not null check (what in ('moved', 'closed', 'reopened')),
    from_value text not null,
    to_value text not null,
    why text not null,
    primary key (subject_id, id)
) strict, without rowid;

-- The head of every filled form, and what the engine found.
create table encounter (
    subject_id blob not null,
    id blob not null,
    enrollment_id blob not null,
    form text not null,
    occurred_on text not null,
    recorded_at integer not null,
    recorded_org_id blob not null,
    recorded_by blob,
    version integer not null,
    sent_hash blob not null,
    content_hash blob not null,
    voided_at integer,
    void_reason text,
    reasons text,
    visit text,
    risk_after text,
    marks_after text,
    primary key (subject_id, id)
) strict, without rowid;

-- What stood in a record before it was corrected or voided.
create table encounter_history (
    subject_id blob not null,
    id blob not null,
    encounter_id blob not null,
    version integer not null,
    changed_at integer not null,
    changed_by blob,
    changed_by_login text not null,
    what text not null check (what in ('corrected', 'voided')),
    why text not null,
    occurred_on text not null,
    content text not null,
    primary key (subject_id, id)
) strict, without rowid;

-- Level, marks and scores after each record that changed them; the id is the record's.
create table risk_history (
    subject_id blob not null,
    id blob not null,
    enrollment_id blob not null,
    at integer not null,
    level text,
    marks text not null,
    scores text not null,
    primary key (subject_id, id)
) strict, without rowid;

-- Which rule holds or held, from when to when.
create table rule_hit (
    subject_id blob not null,
    id blob not null,
    enrollment_id blob not null,
    program text not null,
    rule text not null,
    since integer not null,
    until integer,
    encounter_id blob not null,
    replaced integer not null,
    primary key (subject_id, id)
) strict, without rowid;

-- What is due, for whom, until when. `overdue_at` is the first instant at which it is late. `risk_rank` is 0 for the
-- lowest level of the program's scale, 100 for the highest, -1 when not assessed or no longer open.
-- The columns ending in `_sees_at` say from when on it is shown to that level of the tree; `village_id` is the village
-- that helps when the township is late.
create table task (
    subject_id blob not null,
    id blob not null,
    enrollment_id blob not null,
    program text not null,
    key text not null,
    origin text not null check (origin in ('visit', 'rule')),
    item text not null,
    form text,
    owner_id blob not null,
    from_on text not null,
    due_on text,
    due_at integer,
    overdue_at integer not null,
    state text not null check (state in ('open', 'done', 'cancelled')),
    done_on text,
    done_by blob,
    on_time integer,
    risk_rank integer not null,
    risk_marks text not null,
    village_id blob,
    village_sees_at integer,
    township_sees_at integer,
    county_sees_at integer,
    city_sees_at integer,
    province_sees_at integer,
    primary key (subject_id, id)
) strict, without rowid;
create index task_open on task (owner_id, overdue_at) where state = 'open';
create index task_village on task (village_id, overdue_at) where state = 'open' and village_id is not null;

-- Tasks that a person marked done: what the replay is told.
create table task_completion (
    subject_id blob not null,
    id blob not null,
    enrollment_id blob not null,
    key text not null,
    at integer not null,
    by_id blob,
    primary key (subject_id, id)
) strict, without rowid;

-- Who tried to do a task, and what came of it.
create table task_attempt (
    subject_id blob not null,
    id blob not null,
    task_id blob not null,
    at integer not null,
    by_id blob not null,
    outcome text not null,
    note text not null,
    again_on text,
    primary key (subject_id, id)
) strict, without rowid;

-- Hand-overs and their clocks.
create table referral (
    subject_id blob not null,
    id blob not null,
    enrollment_id blob not null,
    program text not null,
    kind text not null,
    from_org_id blob not null,
    to_org_id blob not null,
    escalated_org_id blob,
    state text not null check (state in ('sent', 'accepted', 'declined', 'arrived', 'feedback', 'closed', 'cancelled')),
    version integer not null,
    sent_at integer not null,
    sent_by blob,
    reason text not null,
    sent_on text not null,
    arrive_by text,
    arrived_on text,
    feedback_by text,
    feedback_on text,
    feedback text,
    follow_up_by text,
    follow_up text,
    remark text,
    next_by text,
    primary key (subject_id, id)
) strict, without rowid;
create index referral_to on referral (to_org_id, next_by);
create index referral_from on referral (from_org_id, next_by);
create index referral_escalated on referral (escalated_org_id, next_by);

-- How far bulk imports are: a file is known by its content.
create table import_job (
    id blob not null primary key,
    file_name text not null,
    file_hash blob not null unique,
    position integer not null,
    lines integer not null,
    persons integer not null,
    enrollments integer not null,
    encounters integer not null,
    referrals integer not null,
    completions integer not null,
    repeated integer not null,
    rejected integer not null,
    begun_at integer not null,
    updated_at integer not null
) strict;

-- Where an organization stands in the tree: a subtree is a prefix of the path.
create view org_place as select id, code, path from organization;

-- What rules may know of a person besides: the type of her household registration and her population group, as codes of
-- the pack's value sets of these names.
alter table person add column household_type text;
alter table person add column population_group text;
