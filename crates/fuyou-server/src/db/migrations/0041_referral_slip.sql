-- What goes along with a referral on its slip. Referrals that came in bulk have none.
create table referral_slip (
    subject_id uuid not null,
    referral_id uuid not null,
    urgency text not null check (urgency in ('routine', 'urgent', 'emergency')),
    findings text not null,
    treatment text not null,
    asked text not null,
    department text not null,
    transport text not null,
    escort text not null,
    called_ahead text not null,
    doctor text not null,
    phone text not null,
    primary key (subject_id, referral_id)
) /* by key */;
