//! The instructions of the processor at hand: the one place where code is chosen at run time.
//!
//! A release is built for every 64-bit processor. Counting bits and making bits out of comparisons is several times as
//! fast with instructions that nearly all of them have but that must not be used unasked. [`with_processor`] asks once
//! and runs the same work compiled twice.

#![expect(
    unsafe_code,
    reason = "instructions beyond the common ones are unsafe to call until the processor was asked for them"
)]

/// What differs between processors. Whatever is inlined into work on one is compiled for its instructions.
pub trait Processor: Copy {
    /// Sixty-four bytes of 0 or 1 as one word, the first in the lowest bit.
    fn pack(self, bytes: &[u8; 64]) -> u64;

    /// Whether [`Processor::gather`] and [`Processor::scatter`] are single, fast instructions.
    #[inline(always)]
    fn has_gather(self) -> bool {
        false
    }

    /// The bits of a word that stand under a mask, moved together to the lowest bits.
    #[inline(always)]
    fn gather(self, word: u64, mask: u64) -> u64 {
        let (mut mask, mut gathered, mut at) = (mask, 0, 0);
        while mask != 0 {
            gathered |= (word >> mask.trailing_zeros() & 1) << at;
            (mask, at) = (mask & (mask - 1), at + 1);
        }
        gathered
    }

    /// The lowest bits of a word, moved apart to where a mask has bits.
    #[inline(always)]
    fn scatter(self, word: u64, mask: u64) -> u64 {
        let (mut mask, mut scattered, mut at) = (mask, 0, 0);
        while mask != 0 {
            scattered |= (word >> at & 1) << mask.trailing_zeros();
            (mask, at) = (mask & (mask - 1), at + 1);
        }
        scattered
    }

    /// For each of sixty-four positions in how many of at most 255 words it has a bit.
    #[inline(always)]
    fn tally(self, words: &[u64]) -> [u8; 64] {
        let mut counts = [0u8; 64];
        for word in words {
            for (at, count) in counts.iter_mut().enumerate() {
                *count += (word >> at & 1) as u8;
            }
        }
        counts
    }

    /// Which of sixty-four numbers of 8 bits compare so with one.
    #[inline(always)]
    fn beside_i8(self, test: Test, numbers: &[i8; 64], with: i8) -> u64 {
        plainly(self, test, numbers, with)
    }

    /// Which of sixty-four numbers of 16 bits compare so with one.
    #[inline(always)]
    fn beside_i16(self, test: Test, numbers: &[i16; 64], with: i16) -> u64 {
        plainly(self, test, numbers, with)
    }
}

/// How a number stands to another; the other three comparisons are the contrary of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is the same.
    Equal,
    /// It is less.
    Less,
    /// It is greater.
    Greater,
}

/// Sixty-four comparisons without instructions of their own.
#[inline(always)]
fn plainly<T: Copy + PartialOrd>(
    processor: impl Processor,
    test: Test,
    numbers: &[T; 64],
    with: T,
) -> u64 {
    let mut bytes = [0u8; 64];
    for row in 0..64 {
        bytes[row] = u8::from(match test {
            Test::Equal => numbers[row] == with,
            Test::Less => numbers[row] < with,
            Test::Greater => numbers[row] > with,
        });
    }
    processor.pack(&bytes)
}

/// Work that is compiled for each processor. `run` is to be `#[inline(always)]`, and so is what it calls in its loops.
pub trait Work {
    /// What it yields.
    type Output;

    /// Does it.
    fn run<P: Processor>(self, processor: P) -> Self::Output;
}

/// Runs work with the best instructions that the processor has.
#[inline]
pub fn with_processor<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = wide::here() {
        // SAFETY: the processor has said that it has the instructions.
        return unsafe { wide::run(work, wide) };
    }
    work.run(Common)
}

/// Any processor.
#[derive(Clone, Copy)]
pub struct Common;

impl Processor for Common {
    /// A product with this constant moves the lowest bit of each of eight bytes into the topmost byte, in order.
    #[inline(always)]
    fn pack(self, bytes: &[u8; 64]) -> u64 {
        let mut word = 0;
        for (at, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
            let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            word |= bits << (at * 8);
        }
        word
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __cpuid, __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_cmpeq_epi16,
        _mm256_cmpgt_epi8, _mm256_cmpgt_epi16, _mm256_loadu_si256, _mm256_movemask_epi8,
        _mm256_packs_epi16, _mm256_permute4x64_epi64, _mm256_set1_epi8, _mm256_set1_epi16,
        _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_setr_epi64x, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_storeu_si256, _mm256_sub_epi8, _pdep_u64,
        _pext_u64,
    };
    use std::sync::OnceLock;

    use super::{Processor, Test, Work};

    /// x86-64 with 256-bit vectors (AVX2), POPCNT and bit-field instructions (BMI).
    #[derive(Clone, Copy)]
    pub(super) struct Wide {
        gathers: bool,
    }

    /// Whether this processor is one; it is asked once.
    #[inline]
    pub(super) fn here() -> Option<Wide> {
        static HERE: OnceLock<Option<Wide>> = OnceLock::new();
        *HERE.get_or_init(|| {
            let is_wide = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("popcnt")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt");
            is_wide.then(|| Wide {
                gathers: gathers_fast(),
            })
        })
    }

    /// Processors of AMD before family 25 have the instructions that gather and scatter bits, a hundred times slower.
    fn gathers_fast() -> bool {
        let vendor = __cpuid(0);
        let is_amd = vendor.ebx == u32::from_le_bytes(*b"Auth");
        let version = __cpuid(1).eax;
        let family = (version >> 8 & 15) + (version >> 20 & 255);
        !is_amd || family >= 25
    }

    /// # Safety
    /// The processor must have the instructions ([`here`]).
    #[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
    pub(super) unsafe fn run<W: Work>(work: W, wide: Wide) -> W::Output {
        work.run(wide)
    }

    impl Processor for Wide {
        #[inline(always)]
        fn has_gather(self) -> bool {
            self.gathers
        }

        #[inline(always)]
        fn gather(self, word: u64, mask: u64) -> u64 {
            // SAFETY: there is a `Wide` only inside of `run`.
            unsafe { _pext_u64(word, mask) }
        }

        #[inline(always)]
        fn scatter(self, word: u64, mask: u64) -> u64 {
            // SAFETY: there is a `Wide` only inside of `run`.
            unsafe { _pdep_u64(word, mask) }
        }

        #[inline(always)]
        fn tally(self, words: &[u64]) -> [u8; 64] {
            // SAFETY: there is a `Wide` only inside of `run`.
            unsafe { tally(words) }
        }

        #[inline(always)]
        fn pack(self, bytes: &[u8; 64]) -> u64 {
            // SAFETY: there is a `Wide` only inside of `run`.
            unsafe { pack(bytes) }
        }

        #[inline(always)]
        fn beside_i8(self, test: Test, numbers: &[i8; 64], with: i8) -> u64 {
            // SAFETY: there is a `Wide` only inside of `run`.
            unsafe { beside_i8(test, numbers, with) }
        }

        #[inline(always)]
        fn beside_i16(self, test: Test, numbers: &[i16; 64], with: i16) -> u64 {
            // SAFETY: there is a `Wide` only inside of `run`.
            unsafe { beside_i16(test, numbers, with) }
        }
    }

    /// Each byte takes the byte of the word that has its bit and keeps that bit; where it is there, one is added.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn tally(words: &[u64]) -> [u8; 64] {
        let bits = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
        let bytes = _mm256_setr_epi64x(
            0,
            0x0101_0101_0101_0101,
            0x0202_0202_0202_0202,
            0x0303_0303_0303_0303,
        );
        let (mut low, mut high) = (_mm256_setzero_si256(), _mm256_setzero_si256());
        for word in words {
            let spread = |half: i32| {
                let spread = _mm256_shuffle_epi8(_mm256_set1_epi32(half), bytes);
                _mm256_cmpeq_epi8(_mm256_and_si256(spread, bits), bits)
            };
            low = _mm256_sub_epi8(low, spread(*word as i32));
            high = _mm256_sub_epi8(high, spread((*word >> 32) as i32));
        }
        let mut counts = [0u8; 64];
        let (first, last) = counts.split_at_mut(32);
        // SAFETY: thirty-two bytes are there each time, and the store asks for no alignment.
        unsafe {
            _mm256_storeu_si256(first.as_mut_ptr().cast::<__m256i>(), low);
            _mm256_storeu_si256(last.as_mut_ptr().cast::<__m256i>(), high);
        }
        counts
    }

    /// Two comparisons of thirty-two bytes, whose highest bits are gathered.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn beside_i8(test: Test, numbers: &[i8; 64], with: i8) -> u64 {
        let with = _mm256_set1_epi8(with);
        let half = |at: usize| {
            let from = numbers[at..at + 32].as_ptr().cast::<__m256i>();
            // SAFETY: thirty-two bytes are there, and the load asks for no alignment.
            let numbers = unsafe { _mm256_loadu_si256(from) };
            let held = match test {
                Test::Equal => _mm256_cmpeq_epi8(numbers, with),
                Test::Less => _mm256_cmpgt_epi8(with, numbers),
                Test::Greater => _mm256_cmpgt_epi8(numbers, with),
            };
            u64::from(_mm256_movemask_epi8(held) as u32)
        };
        half(0) | half(32) << 32
    }

    /// Four comparisons of sixteen numbers; two of them are put together byte by byte, which mixes their halves, and put
    /// into order again.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn beside_i16(test: Test, numbers: &[i16; 64], with: i16) -> u64 {
        let with = _mm256_set1_epi16(with);
        let quarter = |at: usize| {
            let from = numbers[at..at + 16].as_ptr().cast::<__m256i>();
            // SAFETY: sixteen numbers of two bytes are there, and the load asks for no alignment.
            let numbers = unsafe { _mm256_loadu_si256(from) };
            match test {
                Test::Equal => _mm256_cmpeq_epi16(numbers, with),
                Test::Less => _mm256_cmpgt_epi16(with, numbers),
                Test::Greater => _mm256_cmpgt_epi16(numbers, with),
            }
        };
        let half = |at: usize| {
            let mixed = _mm256_packs_epi16(quarter(at), quarter(at + 16));
            let held = _mm256_permute4x64_epi64::<0b11_01_10_00>(mixed);
            u64::from(_mm256_movemask_epi8(held) as u32)
        };
        half(0) | half(32) << 32
    }

    /// The lowest bit of each byte becomes the highest, and those are gathered thirty-two at a time.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn pack(bytes: &[u8; 64]) -> u64 {
        let half = |at: usize| {
            let from = bytes[at..at + 32].as_ptr().cast::<__m256i>();
            // SAFETY: thirty-two bytes are there, and the load asks for no alignment.
            let bytes = unsafe { _mm256_loadu_si256(from) };
            u64::from(_mm256_movemask_epi8(_mm256_slli_epi16::<7>(bytes)) as u32)
        };
        half(0) | half(32) << 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pack<'b>(&'b [u8; 64]);

    impl Work for Pack<'_> {
        type Output = u64;

        fn run<P: Processor>(self, processor: P) -> u64 {
            processor.pack(self.0)
        }
    }

    /// Both widths with every test.
    struct Beside<'n>(Test, &'n [i8; 64], i8, &'n [i16; 64], i16);

    impl Work for Beside<'_> {
        type Output = (u64, u64);

        fn run<P: Processor>(self, processor: P) -> (u64, u64) {
            let Beside(test, bytes, byte, words, word) = self;
            let narrow = processor.beside_i8(test, bytes, byte);
            (narrow, processor.beside_i16(test, words, word))
        }
    }

    struct Bits<'w>(u64, u64, &'w [u64]);

    impl Work for Bits<'_> {
        type Output = (u64, u64, [u8; 64]);

        fn run<P: Processor>(self, processor: P) -> (u64, u64, [u8; 64]) {
            let Bits(word, mask, words) = self;
            let tally = processor.tally(words);
            (
                processor.gather(word, mask),
                processor.scatter(word, mask),
                tally,
            )
        }
    }

    #[test]
    fn processors_gather_scatter_and_tally_alike() {
        let mut seed = 7u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed ^ seed >> 29
        };
        for round in 0..1_000 {
            let words: Vec<u64> = (0..round % 7).map(|_| next()).collect();
            let (word, mask) = (
                next(),
                if round % 9 == 0 {
                    u64::MAX
                } else {
                    next() & next()
                },
            );
            let bits = || Bits(word, mask, &words);
            let (gathered, scattered, tally) = bits().run(Common);
            assert_eq!(with_processor(bits()), (gathered, scattered, tally));
            assert_eq!(Common.scatter(gathered, mask), word & mask);
            for (at, count) in tally.into_iter().enumerate() {
                let wanted = words.iter().filter(|word| *word >> at & 1 == 1).count();
                assert_eq!(usize::from(count), wanted);
            }
        }
    }

    #[test]
    fn processors_compare_alike() {
        let mut seed = 1u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as u32
        };
        for round in 0..1_000 {
            // Few different numbers, so that many are the same; sometimes the whole range.
            let mut number = || match round % 4 {
                0 => next() as i16,
                _ => (next() % 5) as i16 - 2,
            };
            let words = [0; 64].map(|_: i16| number());
            let bytes = words.map(|word| word as i8);
            let (byte, word) = (number() as i8, number());
            for test in [Test::Equal, Test::Less, Test::Greater] {
                let holds = |order: std::cmp::Ordering| match test {
                    Test::Equal => order.is_eq(),
                    Test::Less => order.is_lt(),
                    Test::Greater => order.is_gt(),
                };
                let bit = |at: usize, order| u64::from(holds(order)) << at;
                let narrow = (0..64).fold(0, |all, at| all | bit(at, bytes[at].cmp(&byte)));
                let wide = (0..64).fold(0, |all, at| all | bit(at, words[at].cmp(&word)));
                let beside = || Beside(test, &bytes, byte, &words, word);
                assert_eq!(beside().run(Common), (narrow, wide), "{test:?}");
                assert_eq!(with_processor(beside()), (narrow, wide), "{test:?}");
            }
        }
    }

    #[test]
    fn processors_pack_alike() {
        let mut seed = 1u64;
        for _ in 0..1_000 {
            let bytes = [0; 64].map(|_: u8| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 40) as u8 & 1
            });
            let plainly = (0..64).fold(0, |word, at| word | u64::from(bytes[at]) << at);
            assert_eq!(Common.pack(&bytes), plainly);
            assert_eq!(with_processor(Pack(&bytes)), plainly);
        }
    }
}
