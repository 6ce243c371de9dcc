/// A set of steps.
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

    /// The first step at or after a position that is also within `within`, if one is given.
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
