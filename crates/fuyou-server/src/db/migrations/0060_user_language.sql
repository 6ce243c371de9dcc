-- The language that a user chose; null: none yet, the browser's is taken.
alter table app_user add column language text check (language in ('zh', 'en'));
