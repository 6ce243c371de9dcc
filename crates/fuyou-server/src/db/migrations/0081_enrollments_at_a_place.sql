-- Before a place is closed its open enrollments are counted; without an index all enrollments of the province would be.
create index enrollment_open_at on enrollment (org_id) where state = 'open';
