use std::collections::HashMap;
use std::sync::Arc;

use super::chance::Chance;
use super::line::Line;
use super::person::Names;
use super::raw::{RawBelow, RawCounty, RawInstitution};

/// The stream of random numbers that makes places; subjects count from 0, so this cannot be one of theirs.
const PLACES: u64 = u64::MAX;

/// A place in the tree.
#[derive(Debug)]
struct Place {
    code: Arc<str>,
    parent: Option<Arc<str>>,
    level: String,
    kind: String,
    name: String,
    population: Option<u64>,
    grade: Option<String>,
    midwifery: bool,
    rescue_centre: bool,
    staff: Vec<(Arc<str>, String, String)>,
}

/// Where subjects live.
#[derive(Debug)]
pub(super) struct Home {
    /// Code of the township's institution.
    pub township: Arc<str>,
    /// Code of the village's institution.
    pub village: Arc<str>,
    /// What the township is like, in thousandths, in the order of the scenario's traits.
    pub traits: Arc<[i64]>,
    /// People who live in this village and all before it.
    people_until: u64,
}

/// A made-up county: places, staff and people per place.
#[derive(Debug)]
pub(super) struct County {
    places: Vec<Place>,
    homes: Vec<Home>,
    staff: HashMap<Arc<str>, Vec<Arc<str>>>,
    roles: HashMap<String, Vec<Arc<str>>>,
}

impl County {
    /// Makes the county of a seed with so many inhabitants.
    pub(super) fn new(raw: &RawCounty, names: &Names, population: u64, seed: u64) -> Self {
        let mut county = Self {
            places: Vec::new(),
            homes: Vec::new(),
            staff: HashMap::new(),
            roles: HashMap::new(),
        };
        let chance = &mut Chance::of(seed, PLACES);
        let root: Arc<str> = raw.county.code.as_str().into();
        county.place(
            Place::new(
                &root,
                None,
                "county",
                &raw.county.kind,
                &raw.county.name,
                Some(population),
            ),
            raw.county.staff,
            names,
            chance,
        );
        for institution in &raw.institution {
            county.institution(&root, institution, names, chance);
        }
        let townships = usize::try_from(population.div_ceil(raw.township.people))
            .unwrap_or(1)
            .max(1);
        let mut rest = population;
        let mut peoples = Vec::new();
        let weights: Vec<f64> = (0..townships).map(|_| 0.7 + 0.6 * chance.unit()).collect();
        let total: f64 = weights.iter().sum();
        for (number, weight) in weights.iter().enumerate() {
            let people = match number + 1 == townships {
                true => rest,
                false => ((population as f64 * weight / total) as u64).min(rest),
            };
            rest -= people;
            county.township(raw, &root, number, people, names, chance);
            peoples.push(people);
        }
        // Drawn last: whoever is below a township changes nothing about the rest of the county.
        for (number, people) in peoples.into_iter().enumerate() {
            let township: Arc<str> = format!("{root}{}", 101 + number).into();
            for below in &raw.below {
                county.below(&township, below, people, names, chance);
            }
        }
        county
    }

    fn institution(
        &mut self,
        root: &Arc<str>,
        raw: &RawInstitution,
        names: &Names,
        chance: &mut Chance,
    ) {
        let code: Arc<str> = format!("{root}{}", raw.code).into();
        let mut place = Place::new(&code, Some(root), &raw.level, &raw.kind, &raw.name, None);
        place.grade.clone_from(&raw.grade);
        place.midwifery = raw.midwifery;
        place.rescue_centre = raw.rescue_centre;
        self.roles.entry(raw.role.clone()).or_default().push(code);
        self.place(place, raw.staff, names, chance);
    }

    fn township(
        &mut self,
        raw: &RawCounty,
        root: &Arc<str>,
        number: usize,
        people: u64,
        names: &Names,
        chance: &mut Chance,
    ) {
        let code: Arc<str> = format!("{root}{}", 101 + number).into();
        let name = numbered(&raw.township.names, number) + &raw.township.suffix;
        let place = Place::new(
            &code,
            Some(root),
            "township",
            &raw.township.kind,
            &name,
            Some(people),
        );
        self.place(place, raw.township.staff, names, chance);
        let traits: Arc<[i64]> = raw
            .traits
            .iter()
            .map(|one| (chance.quantile(&one.quantiles) * 1000.0).round() as i64)
            .collect();
        let villages = (people / raw.village.people).max(1);
        for village in 0..villages {
            let at: Arc<str> = format!("{code}{:03}", 201 + village).into();
            let share = people * (village + 1) / villages - people * village / villages;
            let start = number * 7 + usize::try_from(village).unwrap_or(0);
            let name =
                numbered(&raw.village.names, start % raw.village.names.len()) + &raw.village.suffix;
            let place = Place::new(
                &at,
                Some(&code),
                "village",
                &raw.village.kind,
                &name,
                Some(share),
            );
            self.place(place, raw.village.staff, names, chance);
            let before = self.homes.last().map_or(0, |home| home.people_until);
            self.homes.push(Home {
                township: Arc::clone(&code),
                village: at,
                traits: Arc::clone(&traits),
                people_until: before + share,
            });
        }
    }

    fn below(
        &mut self,
        township: &Arc<str>,
        raw: &RawBelow,
        people: u64,
        names: &Names,
        chance: &mut Chance,
    ) {
        for number in 0..(people / raw.people).max(1) {
            let code: Arc<str> = format!("{township}{:03}", raw.code + number).into();
            let at = usize::try_from(number).unwrap_or(0);
            let name = numbered(&raw.names, at) + &raw.suffix;
            let place = Place::new(&code, Some(township), &raw.level, &raw.kind, &name, None);
            self.roles.entry(raw.role.clone()).or_default().push(code);
            self.place(place, raw.staff, names, chance);
        }
    }

    fn place(&mut self, mut place: Place, staff: usize, names: &Names, chance: &mut Chance) {
        place.staff = (1..=staff)
            .map(|number| {
                let code = format!("{}-{number:02}", place.code).into();
                (code, names.full_name(chance), names.staff_title(chance))
            })
            .collect();
        let codes = place
            .staff
            .iter()
            .map(|(code, ..)| Arc::clone(code))
            .collect();
        self.staff.insert(Arc::clone(&place.code), codes);
        self.places.push(place);
    }

    /// Where a subject lives: a village by its share of the people.
    pub(super) fn home(&self, chance: &mut Chance) -> &Home {
        let people = self.homes.last().map_or(0, |home| home.people_until);
        let at = chance.below(usize::try_from(people).unwrap_or(usize::MAX)) as u64;
        let position = self.homes.partition_point(|home| home.people_until <= at);
        &self.homes[position.min(self.homes.len() - 1)]
    }

    /// The home with this code of a village, or the first of this township.
    pub(super) fn home_at(&self, code: &str) -> Option<&Home> {
        let mut homes = self.homes.iter();
        homes.find(|home| *home.village == *code || *home.township == *code)
    }

    /// Any home, for what does not lie in a township.
    pub(super) fn first_home(&self) -> Option<&Home> {
        self.homes.first()
    }

    /// One of the staff of a place.
    pub(super) fn staff_of(&self, code: &str, chance: &mut Chance) -> Option<Arc<str>> {
        let staff = self.staff.get(code).filter(|staff| !staff.is_empty())?;
        Some(Arc::clone(&staff[chance.below(staff.len())]))
    }

    /// One of the places with a role, of all or of those below a township; `township` is any township's.
    pub(super) fn with_role(
        &self,
        role: &str,
        below: Option<&str>,
        chance: &mut Chance,
    ) -> Option<Arc<str>> {
        if role == "township" {
            return Some(Arc::clone(&self.home(chance).township));
        }
        let places = self.roles.get(role)?;
        if let Some(below) = below {
            // The code of a place begins with that of its township.
            let near = places.iter().filter(|code| code.starts_with(below));
            let near: Vec<_> = near.collect();
            let at = (!near.is_empty()).then(|| chance.below(near.len()))?;
            return Some(Arc::clone(near[at]));
        }
        Some(Arc::clone(&places[chance.below(places.len())]))
    }

    /// Writes the lines of all places, parents first, and then of their staff.
    pub(super) fn lines(&self, out: &mut Vec<u8>) -> usize {
        let mut count = 0;
        for place in &self.places {
            let mut line = Line::new(out, "organization");
            line.text("code", &place.code);
            line.optional("parent", place.parent.as_deref());
            line.text("level", &place.level);
            line.text("type", &place.kind);
            line.text("name", &place.name);
            if let Some(population) = place.population {
                line.number("population", population as i64);
            }
            line.optional("grade", place.grade.as_deref());
            if place.midwifery {
                line.truth("midwifery", true);
            }
            if place.rescue_centre {
                line.truth("rescue_centre", true);
            }
            line.end();
            count += 1;
        }
        for place in &self.places {
            for (code, name, title) in &place.staff {
                let mut line = Line::new(out, "staff");
                line.text("code", code);
                line.text("org", &place.code);
                line.text("name", name);
                line.text("title", title);
                line.end();
                count += 1;
            }
        }
        count
    }
}

impl Place {
    fn new(
        code: &Arc<str>,
        parent: Option<&Arc<str>>,
        level: &str,
        kind: &str,
        name: &str,
        population: Option<u64>,
    ) -> Self {
        Self {
            code: Arc::clone(code),
            parent: parent.map(Arc::clone),
            level: level.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            population,
            grade: None,
            midwifery: false,
            rescue_centre: false,
            staff: Vec::new(),
        }
    }
}

/// The name at a position of a list; beyond its end the list begins again with a number behind the name.
fn numbered(names: &[String], position: usize) -> String {
    let name = &names[position % names.len()];
    match position / names.len() {
        0 => name.clone(),
        round => format!("{name}{}", round + 1),
    }
}
