-- Records that were merged are looked for by name beside all others; without indexes of their own everybody of that name
-- would be gone through to find them.
create index person_merged_by_name on person (name) where merged_into is not null;
create index person_merged_by_pinyin on person (pinyin) where merged_into is not null;
create index person_merged_by_initials on person (initials) where merged_into is not null;
