-- A work list counts and pages by what is open at an owner. All that it asks stands in the index, so that rows are looked
-- up for the lines of one page only.
drop index task_open;
create index task_open on task (owner_id, overdue_at, from_on, lapses_on, due_on, due_at, risk_rank, program,
    township_sees_at, county_sees_at, city_sees_at, province_sees_at, village_sees_at) where state = 'open';

-- Whom an organization cares for although she lives elsewhere.
create index care_relation_by_org on care_relation (org_id, subject_id);
