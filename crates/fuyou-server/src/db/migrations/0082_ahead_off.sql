-- Whether the people of an organization, and of all below it, may not take work along where there is no network.
alter table organization add column ahead_off boolean not null default false;
