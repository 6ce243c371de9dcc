-- The day of the subject's death, as another of her enrollments tells it: this one is over then. Null: nobody tells it.
alter table enrollment add column died_on date;
