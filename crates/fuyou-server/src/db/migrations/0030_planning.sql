-- Annual plans as they were imported; a new import of the same year is a new edition, the old one stays.
create table plan (
    id uuid not null primary key,
    org_id uuid not null,
    year bigint not null,
    edition bigint not null,
    title text not null,
    file_name text not null,
    body text not null,
    damage text not null,
    state text not null check (state in ('draft', 'current', 'replaced')),
    version bigint not null,
    created_at timestamptz not null,
    created_by uuid,
    created_by_login text not null,
    unique (org_id, year, edition)
);

-- What the reader found in the text, and what a person made of it. Values are exact decimals as text.
create table plan_target (
    plan_id uuid not null,
    id uuid not null,
    position bigint not null,
    line bigint not null,
    start_at bigint not null,
    end_at bigint not null,
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
);

-- What a target means for one organization below the plan's own.
create table target_share (
    plan_id uuid not null,
    target_id uuid not null,
    org_id uuid not null,
    value text not null,
    method text not null check (method in ('same', 'population', 'edited')),
    set_at timestamptz not null,
    set_by_login text not null,
    primary key (plan_id, target_id, org_id)
);

-- Figures of indicators that no record yields. An entry is never changed: a later one replaces it.
create table figure_entry (
    id uuid not null primary key,
    indicator text not null,
    org_id uuid not null,
    period text not null,
    first_on date not null,
    last_on date not null,
    numerator bigint not null,
    denominator bigint,
    note text not null,
    entered_at timestamptz not null,
    entered_by uuid,
    entered_by_login text not null,
    replaced_at timestamptz
);
create unique index figure_entry_in_force on figure_entry (indicator, org_id, period) where replaced_at is null;
create index figure_entry_by_period on figure_entry (first_on, last_on);
