/// A stream of pseudo-random numbers (SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014). It is written out here because a simulated county must come out byte for byte the same from the same
/// seed in every later version, which a generator crate does not promise.
///
/// Only addition, multiplication and comparison of floats are used on the way to a value, so that the result does not
/// depend on the mathematical library of the machine.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// The stream of one subject (or organization) of one seed: streams of different numbers are independent.
    pub(super) fn of(seed: u64, number: u64) -> Self {
        let mut mixed = Self(seed ^ 0x6675_796f_7500_0001);
        let first = mixed.next();
        let mut stream = Self(first ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93));
        stream.next();
        stream
    }

    /// 64 random bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 (reached) to 1 (not reached).
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with this probability.
    pub(super) fn hit(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// From 0 up to but not including `count`; 0 when there is nothing to choose from.
    pub(super) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }

    /// Mean 0, standard deviation 1, never beyond 6: the sum of twelve uniform numbers (16 bits each), less 6.
    pub(super) fn normal(&mut self) -> f64 {
        let mut sum = 0u64;
        for _ in 0..3 {
            let bits = self.next();
            sum += (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        }
        sum as f64 / 65536.0 - 6.0
    }

    /// A number whose distribution is given by points `(share below, value)` joined by straight lines.
    pub(super) fn quantile(&mut self, points: &[(f64, f64)]) -> f64 {
        let at = self.unit();
        let above = points.iter().position(|(share, _)| *share > at);
        match above {
            None => points.last().map_or(0.0, |(_, value)| *value),
            Some(0) => points[0].1,
            Some(above) => {
                let ((low, from), (high, to)) = (points[above - 1], points[above]);
                from + (to - from) * (at - low) / (high - low)
            }
        }
    }

    /// Position in a list of weights; `None` when all are zero.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> Option<usize> {
        let total: f64 = weights.clone().map(|weight| weight.max(0.0)).sum();
        let mut at = self.unit() * total;
        let mut last = None;
        for (position, weight) in weights.enumerate() {
            if weight > 0.0 {
                last = Some(position);
                at -= weight;
                if at < 0.0 {
                    break;
                }
            }
        }
        last
    }

    /// Ten random bytes, for an id.
    pub(super) fn bytes(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_le_bytes());
        bytes[8..].copy_from_slice(&self.next().to_le_bytes()[..2]);
        bytes
    }
}
