-- One person has one document number, whoever registers her wherever at the same moment. A number stands under one key
-- version at a time; while keys are rotated, the look-up under both versions keeps it so.
create unique index person_one_by_id_no on person (id_no_hash) where merged_into is null;
