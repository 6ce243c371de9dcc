//! Values that are held once and known by number.

use std::collections::HashMap;
use std::hash::Hash;

/// Numbers for values, in the order of their first appearance. Nothing is forgotten: organizations and codes are few.
#[derive(Clone, Debug)]
pub(crate) struct Interner<T> {
    all: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Interner {
            all: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    /// The number of a value.
    pub(crate) fn number(&mut self, value: &T) -> u32 {
        if let Some(known) = self.numbers.get(value) {
            return *known;
        }
        let number = u32::try_from(self.all.len()).expect("fewer different values than rows");
        self.all.push(value.clone());
        self.numbers.insert(value.clone(), number);
        number
    }

    /// The number of a value that has one.
    pub(crate) fn find(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    /// These values in this order; `None` when one stands there twice.
    pub(crate) fn of(all: Vec<T>) -> Option<Self> {
        let numbers: HashMap<T, u32> = all.iter().cloned().zip(0u32..).collect();
        (numbers.len() == all.len()).then_some(Interner { all, numbers })
    }

    /// All values, by number.
    pub(crate) fn all(&self) -> &[T] {
        &self.all
    }

    /// Bytes of its own, without what the values point to.
    pub(crate) fn bytes(&self) -> usize {
        self.all.capacity() * size_of::<T>() + self.numbers.capacity() * (size_of::<T>() + 8)
    }
}
