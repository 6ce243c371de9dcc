-- A referral is found by the number on its slip.
create index referral_by_number on referral (id);
