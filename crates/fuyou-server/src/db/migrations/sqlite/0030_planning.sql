-- Annual plans as they were imported; a new import of the same year is a new edition, the old one stays.
create table plan (
    id blob not null primary key,
    org_id blob not null,
    year integer not null,
    edition integer not null,
    title text not null,
    file_name text not null,
    body text not null,
    damage text not null,
    state text not null check (state in ('draft', 'current', 'replaced')),
    version integer not null,
    created_at integer not null,
    created_by blob,
    created_by_login text not null,
    unique (org_id, year, edition)
) strict;

-- What the reader found in the text, and what a person made of it. Values are exact decimals as text.
create table plan_target (
    plan_id blob not null,
    id blob not null,
    position integer not null,
    line integer not null,
    start_at integer not null,
    end_at integer not null,
    written text not null,
    indicator_written text not null,
    indicator text,
    comparator text not null check (comparator in ('>=', '<=', '=', '~', 'range', '<ref', '>ref', 'none')),
    value text,
    value_high text,
    unit text not null,
    kind text not null,
    confidence text not null check (confidence in ('high', 'medium', 'low')),
    note_zh text not null,
    note_en text not null,
    state text not null check (state in ('found', 'confirmed', 'ignored')),
    primary key (plan_id, id)
) strict;

-- What a target means for one organization below the plan's own.
create table target_share (
    plan_id blob not null,
    target_id blob not null,
    org_id blob not null,
    value text not null,
    method text not null check (method in ('same', 'population', 'edited')),
    set_at integer not null,
    set_by_login text not null,
    primary key (plan_id, target_id, org_id)
) strict;

-- Figures of indicators that no record yields. An entry is never changed: a later one replaces it.
create table figure_entry (
    id blob not null primary key,
    indicator text not null,
    org_id blob not null,
    period text not null,
    first_on text not null,
    last_on text not null,
    numerator integer not null,
    denominator integer,
    note text not null,
    entered_at integer not null,
    entered_by blob,
    entered_by_login text not null,
    replaced_at integer
) strict;
create unique index figure_entry_in_force on figure_entry (indicator, org_id, period) where replaced_at is null;
create index figure_entry_by_period on figure_entry (first_on, last_on);
