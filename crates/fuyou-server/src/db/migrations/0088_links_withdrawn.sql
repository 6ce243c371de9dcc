-- Links that no longer open: whoever came to be with one and has records of her own besides has to be looked at. There are
-- few of them.
create index link_withdrawn on link (updated_at, id) where state = 'withdrawn';
