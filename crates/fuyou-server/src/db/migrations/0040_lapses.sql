-- From this day an open task is missed: it was overdue, and can no longer be made up. Null: it stays overdue.
alter table task add column lapses_on date;
