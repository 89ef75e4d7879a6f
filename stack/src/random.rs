//! Random numbers for ids and for jitter, from the operating system.

use std::hash::{BuildHasher, RandomState};

/// 64 random bits. If the operating system refuses to give any, they come from the seed of the
/// standard library's hasher.
#[must_use]
pub fn bits() -> u64 {
    getrandom::u64().unwrap_or_else(|_| RandomState::new().hash_one(std::process::id()))
}

/// A random number below `limit`; 0 if the limit is 0.
#[must_use]
pub fn below(limit: u32) -> u32 {
    let scaled = ((bits() >> 32) * u64::from(limit)) >> 32;
    u32::try_from(scaled).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers differ, stay below the limit, and reach all of it.
    #[test]
    fn numbers_stay_below_the_limit() {
        assert_ne!(bits(), bits());
        assert_eq!(below(0), 0);
        let mut seen = [false; 4];
        for _ in 0..1_000 {
            seen[below(4) as usize] = true;
        }
        assert_eq!(seen, [true; 4]);
    }
}
