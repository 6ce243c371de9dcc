-- What registers know of a person, without her row: a county's register asks for it tens of thousands of times.
create index person_in_lists on person (subject_id, birth_on, sex, household_kind);
