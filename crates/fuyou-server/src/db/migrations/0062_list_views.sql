-- How a user likes to see a list: which columns, which order, whose lines. Holds no person.
create table list_view (
    user_id uuid not null,
    id uuid not null,
    program text collate "C" not null,
    list text collate "C" not null,
    name text not null,
    pairs text not null,
    is_default boolean not null,
    updated_at timestamptz not null,
    primary key (user_id, id)
);
create index list_view_by_list on list_view (user_id, program, list, name);
