-- Links that a person has to look at: the opening form is to be filled in, or values differ. There are few of them.
create index link_wanting on link (updated_at, id) where state = 'waiting' or differs <> '';
