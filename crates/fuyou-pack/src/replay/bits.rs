/// A set of positions: of steps, or of rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub fn none(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    pub fn all(len: usize) -> Self {
        let mut bits = Self::none(len);
        (0..len).for_each(|position| bits.set(position));
        bits
    }

    pub fn set(&mut self, position: usize) {
        self.0[position / 64] |= 1 << (position % 64);
    }

    pub fn clear(&mut self, position: usize) {
        self.0[position / 64] &= !(1 << (position % 64));
    }

    pub fn add(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own |= other;
        }
    }

    /// The positions in rising order, those also within `within` if one is given.
    pub fn iter<'b>(&'b self, within: Option<&'b Self>) -> impl Iterator<Item = usize> + 'b {
        let mut from = 0;
        std::iter::from_fn(move || {
            let found = self.next(from, within)?;
            from = found + 1;
            Some(found)
        })
    }

    /// The first position at or after `from` that is also within `within`, if one is given.
    pub fn next(&self, from: usize, within: Option<&Self>) -> Option<usize> {
        let mut mask = u64::MAX << (from % 64);
        for word in from / 64..self.0.len() {
            let within = within.map_or(u64::MAX, |within| within.0[word]);
            let found = self.0[word] & within & mask;
            if found != 0 {
                return Some(word * 64 + found.trailing_zeros() as usize);
            }
            mask = u64::MAX;
        }
        None
    }
}
