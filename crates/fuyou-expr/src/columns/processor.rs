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
    if wide::is_here() {
        // SAFETY: the processor has just said that it has the instructions.
        return unsafe { wide::run(work) };
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
    use std::arch::x86_64::{__m256i, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_slli_epi16};

    use super::{Processor, Work};

    /// x86-64 with 256-bit vectors (AVX2), POPCNT and bit-field instructions (BMI).
    #[derive(Clone, Copy)]
    struct Wide(());

    /// Whether this processor is one; it is asked once.
    #[inline]
    pub(super) fn is_here() -> bool {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
    }

    /// # Safety
    /// The processor must have the instructions ([`is_here`]).
    #[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
    pub(super) unsafe fn run<W: Work>(work: W) -> W::Output {
        work.run(Wide(()))
    }

    impl Processor for Wide {
        #[inline(always)]
        fn pack(self, bytes: &[u8; 64]) -> u64 {
            // SAFETY: there is a `Wide` only inside of `run`.
            unsafe { pack(bytes) }
        }
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
