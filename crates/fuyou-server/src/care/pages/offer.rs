//! Places that a form offers: where somebody is moved or referred to.
//!
//! A province has thousands. Those around where she is cared for are offered at once; for any other one types a part of
//! its name or its code and asks for the page again, which needs no script.

use std::collections::HashSet;

use crate::registry::{Organization, OrganizationId, OrganizationKind, Tree};

/// Places that are offered without being asked for: a county with its villages.
const NEAR_MAX: usize = 600;
/// Hospitals elsewhere that a field suggests.
const HOSPITALS_MAX: usize = 100;
/// Places that are found at most; whoever sees so many types more.
const FOUND_MAX: usize = 40;

/// What a form offers to choose from.
pub(super) struct Offer {
    /// The places: id and name.
    pub places: Vec<(String, String)>,
    /// The place that is chosen.
    pub to: String,
    /// What was typed to find another.
    pub find: String,
    /// Whether there are more places than are offered.
    pub asks: bool,
    /// Which text is said of the search.
    pub told: Option<&'static str>,
}

impl Offer {
    /// No places: the form asks for none.
    pub(super) fn none() -> Offer {
        Offer {
            places: Vec::new(),
            to: String::new(),
            find: String::new(),
            asks: false,
            told: None,
        }
    }

    /// The open places that are wanted: those around `around` when nothing was typed, and the one that is chosen.
    pub(super) fn of(
        tree: &Tree,
        around: OrganizationId,
        (find, to): (&str, &str),
        wanted: impl Fn(&Organization) -> bool,
    ) -> Offer {
        let wanted = |place: &&Organization| place.closed_on.is_none() && wanted(place);
        let all: Vec<&Organization> = tree
            .all()
            .iter()
            .map(AsRef::as_ref)
            .filter(wanted)
            .collect();
        let chosen: Option<OrganizationId> = to.parse().ok();
        let typed = find.trim().to_lowercase();
        let near = match typed.is_empty() {
            true => near(tree, around, &all),
            false => HashSet::new(),
        };
        let (found, told) = match typed.is_empty() {
            true => (HashSet::new(), None),
            false => found(&all, &typed),
        };
        let top = all
            .iter()
            .filter(|place| near.contains(&place.id))
            .map(|place| depth(place))
            .min();
        let line = |place: &&Organization| {
            let name = match top.filter(|_| near.contains(&place.id)) {
                Some(top) => format!("{}{}", "　".repeat(depth(place) - top), place.name),
                // What was chosen before stays chosen while one looks for others.
                None if found.contains(&place.id) || chosen == Some(place.id) => {
                    whole_name(tree, place)
                }
                None => return None,
            };
            Some((place.id.to_string(), name))
        };
        Offer {
            places: all.iter().filter_map(line).collect(),
            to: to.to_owned(),
            find: find.trim().to_owned(),
            asks: near.len() < all.len(),
            told,
        }
    }
}

/// Codes and names that a field for an organization suggests while one types: the places nearby, and of the hospitals
/// elsewhere those that are nearest. Any other is typed in full, by its name or its code.
pub(super) fn suggested(tree: &Tree, around: OrganizationId) -> Vec<(String, String)> {
    let all: Vec<&Organization> = tree.all().iter().map(AsRef::as_ref).collect();
    let near = near(tree, around, &all);
    let own = tree.get(around).map_or("", |own| own.path.as_str());
    let shared = |place: &Organization| {
        std::iter::zip(own.split('/'), place.path.split('/'))
            .take_while(|(own, other)| own == other)
            .count()
    };
    let is_hospital = |place: &&Organization| {
        matches!(
            place.kind,
            OrganizationKind::Hospital | OrganizationKind::MchInstitute
        ) && !near.contains(&place.id)
    };
    let mut hospitals: Vec<&Organization> = all.iter().copied().filter(is_hospital).collect();
    hospitals.sort_by_key(|place| (std::cmp::Reverse(shared(place)), depth(place)));
    let far = hospitals.into_iter().take(HOSPITALS_MAX);
    let near = all.iter().copied().filter(|place| near.contains(&place.id));
    near.chain(far)
        .map(|place| (place.code.clone(), place.name.clone()))
        .collect()
}

/// The places below the highest organization above `around` that has not too many, and what stands directly below those
/// above it: the hospitals of the city and of the province.
fn near(tree: &Tree, around: OrganizationId, all: &[&Organization]) -> HashSet<OrganizationId> {
    let ids = |keep: &dyn Fn(&Organization) -> bool| -> HashSet<OrganizationId> {
        let kept = all.iter().filter(|place| keep(place));
        kept.map(|place| place.id).collect()
    };
    let mut near = HashSet::new();
    for above in tree.ancestors(around).into_iter().rev() {
        let below = ids(&|place| place.path.starts_with(&above.path));
        if below.len() <= NEAR_MAX {
            near = below;
            continue;
        }
        let beside = ids(&|place| place.id == above.id || place.parent_id == Some(above.id));
        if near.len() + beside.len() <= NEAR_MAX {
            near.extend(beside);
        }
    }
    near
}

/// The places whose name has the text in it or whose code begins with it, and what is said when none or too many do.
fn found(all: &[&Organization], typed: &str) -> (HashSet<OrganizationId>, Option<&'static str>) {
    let is_meant = |place: &&&Organization| {
        place.name.to_lowercase().contains(typed) || place.code.to_lowercase().starts_with(typed)
    };
    let mut meant: Vec<&&Organization> = all.iter().filter(is_meant).collect();
    // Who bears exactly this name, and what stands high in the tree, is meant more often.
    meant.sort_by_key(|place| (place.name.to_lowercase() != *typed, depth(place)));
    let told = match meant.len() {
        0 => Some("care-place-none"),
        many if many > FOUND_MAX => Some("care-place-many"),
        _ => None,
    };
    let found = meant.iter().take(FOUND_MAX).map(|place| place.id);
    (found.collect(), told)
}

/// The name with those above it: places of different counties have the same name.
fn whole_name(tree: &Tree, place: &Organization) -> String {
    let line = tree.ancestors(place.id);
    let names: Vec<&str> = line.iter().map(|above| above.name.as_str()).collect();
    names.join(" › ")
}

fn depth(organization: &Organization) -> usize {
    organization.path.matches('/').count()
}

#[cfg(test)]
mod tests {
    use fuyou_kernel::Id;
    use uuid::Uuid;

    use super::*;
    use crate::registry::Level;

    fn place(code: &str, above: Option<&Organization>, level: Level, name: String) -> Organization {
        let path = above.map_or("", |above| &above.path);
        Organization {
            id: id(code),
            parent_id: above.map(|above| above.id),
            code: code.to_owned(),
            name,
            level,
            kind: OrganizationKind::Area,
            path: format!("{path}{code}/"),
            has_midwifery_licence: false,
            is_rescue_centre: false,
            hospital_grade: None,
            population: None,
            closed_on: None,
            ahead_off: false,
        }
    }

    fn id(code: &str) -> OrganizationId {
        Id::from_uuid(Uuid::from_u128(code.parse::<u128>().unwrap()))
    }

    /// A province of three cities with `counties` counties of 50 townships each.
    fn province(counties: usize) -> Tree {
        let top = place("9", None, Level::Province, "Province".into());
        let mut all = Vec::new();
        for city in 1..=3 {
            let city = place(
                &format!("9{city}"),
                Some(&top),
                Level::City,
                format!("City {city}"),
            );
            for county in 0..counties {
                let code = format!("{}{county:02}", city.code);
                let county = place(&code, Some(&city), Level::County, format!("County {code}"));
                for town in 0..50 {
                    let code = format!("{code}{town:02}");
                    all.push(place(
                        &code,
                        Some(&county),
                        Level::Township,
                        format!("Town {town}"),
                    ));
                }
                all.push(county);
            }
            all.push(city);
        }
        all.push(top);
        Tree::new(all)
    }

    fn check(tree: &Tree, typed: (&str, &str), expected: &str) {
        let (find, to) = typed;
        let to = (!to.is_empty()).then(|| id(to).to_string());
        let typed = (find, to.as_deref().unwrap_or_default());
        let offer = Offer::of(tree, id("9100"), typed, |_| true);
        let name = |(_, name): &(String, String)| name.replace('\u{3000}', "-");
        let (first, last) = (
            name(&offer.places[0]),
            name(&offer.places[offer.places.len() - 1]),
        );
        let told = offer.told.unwrap_or("-");
        let more = if offer.asks { "more" } else { "all" };
        let line = format!("{} {more}: {first} .. {last}, {told}", offer.places.len());
        assert_eq!(line, expected);
    }

    #[test]
    fn a_field_suggests_a_bounded_number_of_places() {
        assert_eq!(suggested(&province(1), id("9100")).len(), 157);
        assert_eq!(suggested(&province(20), id("9100")).len(), 74);
    }

    #[test]
    fn places_nearby_are_offered_and_any_other_is_found() {
        let small = province(1);
        check(&small, ("", ""), "157 all: Province .. ---Town 49, -");
        let large = province(20);
        // Her county with its townships, the counties of her city, the cities.
        check(&large, ("", ""), "74 more: Province .. -City 3, -");
        check(
            &large,
            ("", "930101"),
            "75 more: Province .. Province › City 3 › County 9301 › Town 1, -",
        );
        check(
            &large,
            ("county 9305", ""),
            "1 more: Province › City 3 › County 9305 .. Province › City 3 › County 9305, -",
        );
        check(
            &large,
            ("930507", ""),
            "1 more: Province › City 3 › County 9305 › Town 7 .. Province › City 3 › County 9305 › Town 7, -",
        );
        check(
            &large,
            ("Town 7", ""),
            "40 more: Province › City 1 › County 9100 › Town 7 .. Province › City 2 › County 9219 › Town 7, care-place-many",
        );
        check(
            &large,
            ("nowhere", "9100"),
            "1 more: Province › City 1 › County 9100 .. Province › City 1 › County 9100, care-place-none",
        );
    }
}
