-- From which day on an organization takes in nobody and nothing; it stays in the tree for what was recorded there.
alter table organization add column closed_on date;

-- Counts changes of the tree, so that every process notices one by the look it takes at the session anyway.
create table organization_stamp (
    id bigint not null primary key,
    stamp bigint not null
);
insert into organization_stamp (id, stamp) values (1, 1);
