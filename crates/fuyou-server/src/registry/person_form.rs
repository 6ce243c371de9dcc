//! The form of a person's identity, as typed.

use fuyou_kernel::{Date, Phone};
use serde::Deserialize;

use super::person::{Identity, IdentityError, Problem, Secret};
use super::{Household, IdentityType, Person, PersonSex};
use crate::http::Cx;

/// The form, as typed. `version` is empty when the person is new.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct PersonForm {
    pub id: String,
    pub version: String,
    pub name: String,
    pub sex: String,
    pub birth_on: String,
    pub id_type: String,
    pub id_no: String,
    pub phone: String,
    pub residence: String,
    pub address: String,
    pub residence_since: String,
    pub household: String,
    pub household_region: String,
    pub ethnicity: String,
    pub reason: String,
    #[serde(skip)]
    pub asks_confirmation: bool,
}

impl PersonForm {
    /// The form of a registered person.
    pub(super) fn of(person: &Person) -> Self {
        let identity = &person.identity;
        PersonForm {
            id: person.id.to_string(),
            version: person.version.to_string(),
            name: identity.name.clone(),
            sex: identity.sex.word().to_owned(),
            birth_on: identity.birth_on.to_string(),
            id_type: identity.id_type.word().to_owned(),
            id_no: identity
                .id_no
                .as_ref()
                .map_or("", Secret::reveal)
                .to_owned(),
            phone: identity.phone.as_ref().map_or("", Phone::reveal).to_owned(),
            residence: identity.residence.to_string(),
            address: identity.address.clone(),
            residence_since: identity
                .residence_since
                .map(|date| date.to_string())
                .unwrap_or_default(),
            household: identity.household.word().to_owned(),
            household_region: identity.household_region.clone().unwrap_or_default(),
            ethnicity: identity.ethnicity.clone().unwrap_or_default(),
            reason: String::new(),
            asks_confirmation: false,
        }
    }

    /// Reads every field; every field that cannot be read is named.
    pub(super) fn read(&self) -> Result<Identity, IdentityError> {
        let mut problems = Vec::new();
        let birth_on = date(&self.birth_on);
        let since = date(&self.residence_since);
        let phone = Some(self.phone.trim())
            .filter(|text| !text.is_empty())
            .map(str::parse::<Phone>)
            .transpose();
        let (sex, id_type) = (
            self.sex.parse::<PersonSex>(),
            self.id_type.parse::<IdentityType>(),
        );
        let (household, residence) = (self.household.parse::<Household>(), self.residence.parse());
        let mut wrong = |is_wrong: bool, field, text| {
            if is_wrong {
                problems.push(Problem { field, text });
            }
        };
        wrong(
            !matches!(birth_on, Ok(Some(_))),
            "birth_on",
            "person-date-wrong",
        );
        wrong(since.is_err(), "residence_since", "person-date-wrong");
        wrong(phone.is_err(), "phone", "person-phone-wrong");
        wrong(sex.is_err(), "sex", "person-choose");
        wrong(id_type.is_err(), "id_type", "person-choose");
        wrong(household.is_err(), "household", "person-choose");
        wrong(residence.is_err(), "residence", "person-choose");
        match (birth_on, since, phone, sex, id_type, household, residence) {
            (
                Ok(Some(birth_on)),
                Ok(residence_since),
                Ok(phone),
                Ok(sex),
                Ok(id_type),
                Ok(household),
                Ok(residence),
            ) => Ok(Identity {
                name: self.name.trim().to_owned(),
                sex,
                birth_on,
                id_type,
                id_no: Secret::new(&self.id_no),
                phone,
                residence,
                address: self.address.trim().to_owned(),
                residence_since,
                household,
                household_region: some(&self.household_region),
                ethnicity: some(&self.ethnicity),
            }),
            _ => Err(IdentityError(problems)),
        }
    }

    fn fields(&self) -> [(&'static str, &str); 12] {
        [
            ("name", &self.name),
            ("sex", &self.sex),
            ("birth_on", &self.birth_on),
            ("id_type", &self.id_type),
            ("id_no", &self.id_no),
            ("phone", &self.phone),
            ("residence", &self.residence),
            ("address", &self.address),
            ("residence_since", &self.residence_since),
            ("household", &self.household),
            ("household_region", &self.household_region),
            ("ethnicity", &self.ethnicity),
        ]
    }

    /// The fields in which the stored record differs from this form, with the stored value.
    pub(super) fn differences(&self, stored: &PersonForm) -> Vec<(&'static str, String)> {
        let pairs = self.fields().into_iter().zip(stored.fields());
        pairs
            .filter(|((_, ours), (_, theirs))| ours != theirs)
            .map(|(_, (field, theirs))| (field, theirs.to_owned()))
            .collect()
    }

    /// The fields in words, for the person page; empty ones are left out.
    pub(super) fn facts(&self, cx: &Cx) -> Vec<(String, String)> {
        let mut facts = self.words(cx);
        facts.retain(|(_, value)| !value.is_empty());
        facts
    }

    /// All fields in words.
    pub(super) fn words(&self, cx: &Cx) -> Vec<(String, String)> {
        let label = |field: &str| cx.t(&format!("person-{}", field.replace('_', "-")));
        let value = |field: &str, value: &str| match field {
            "sex" => cx.t(&format!("sex-{value}")),
            "id_type" => cx.t(&format!("id-type-{}", value.replace('_', "-"))),
            "household" => cx.t(&format!("household-{}", value.replace('_', "-"))),
            "residence" => value
                .parse()
                .map(|id| cx.actor.tree.name(id).to_owned())
                .unwrap_or_default(),
            _ => value.to_owned(),
        };
        self.fields()
            .into_iter()
            .map(|(field, text)| (label(field), value(field, text)))
            .collect()
    }
}

fn date(text: &str) -> Result<Option<Date>, ()> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| ()),
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
