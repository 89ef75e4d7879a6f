//! Stack names from app and version: readable and free of collisions.

use crate::values::id::{AppName, AppVersion, BASE32, StackName};

/// The maximum length of a name that is spelled out: a DNS label, because users put it in host
/// names.
const MAX_LENGTH: usize = 63;
/// The length of the readable part of a name with a hash.
const READABLE_LENGTH: usize = 40;
/// The number of base-32 digits of a 64-bit hash.
const DIGITS: usize = 13;

/// The name of the stack of one version of an app, in lower-case letters, digits and dashes.
///
/// If both parts use only these characters, the name spells them out, followed by the length of the
/// app, which shows where it ends: `a-b`,`c` is `a-b-c-3`, and `a`,`b-c` is `a-b-c-1`. Such names
/// never collide. Any other pair (capitals, other characters, more than 63 characters in total) is
/// shortened to a readable part, `x`, and a 64-bit hash of both parts. The same pair gives the same
/// name on every machine and in every version of jiti.
#[must_use]
pub fn stack_name(app: &AppName, version: &AppVersion) -> StackName {
    let (app, version) = (app.as_str(), version.as_str());
    let spelled = format!("{app}-{version}-{}", app.len());
    if spelled.len() <= MAX_LENGTH && is_slug(app) && is_slug(version) {
        return StackName::slug(spelled);
    }
    let mut name = slug(app, READABLE_LENGTH / 2);
    let version_slug = slug(version, READABLE_LENGTH - READABLE_LENGTH / 2);
    for part in [version_slug, format!("x{}", digits(hash(app, version)))] {
        if !name.is_empty() && !part.is_empty() {
            name.push('-');
        }
        name.push_str(&part);
    }
    StackName::slug(name)
}

fn is_slug(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    text.bytes().all(allowed) && !text.starts_with('-')
}

/// Reduces a text to lower-case letters, digits and single dashes.
fn slug(text: &str, most: usize) -> String {
    let mut slug = String::with_capacity(most);
    for c in text.chars().take(most) {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// 128-bit FNV-1a, folded and mixed to 64 bits. It is implemented here because it must never
/// change, which the standard library's hashers do not guarantee.
fn hash(app: &str, version: &str) -> u64 {
    let length = u32::try_from(app.len()).unwrap_or(u32::MAX).to_be_bytes();
    let bytes = length.into_iter().chain(app.bytes()).chain(version.bytes());
    let wide = bytes.fold(
        0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128,
        |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        },
    );
    #[expect(
        clippy::cast_possible_truncation,
        reason = "folding both halves into one"
    )]
    let mut folded = (wide >> 64) as u64 ^ wide as u64;
    for factor in [0xff51_afd7_ed55_8ccd_u64, 0xc4ce_b9fe_1a85_ec53] {
        folded = (folded ^ (folded >> 33)).wrapping_mul(factor);
    }
    folded ^ (folded >> 33)
}

fn digits(hash: u64) -> String {
    (0..DIGITS)
        .rev()
        .map(|place| char::from(BASE32[((hash >> (place * 5)) & 31) as usize]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(app: &str, version: &str) -> String {
        let (app, version) = (AppName::new(app), AppVersion::new(version));
        stack_name(&app.expect("an app"), &version.expect("a version")).to_string()
    }

    /// Names never change, because users' resources carry them.
    #[test]
    fn names_are_pinned() {
        assert_eq!(name("checkout", "8f3c2d1"), "checkout-8f3c2d1-8");
        assert_eq!(name("a-b", "c"), "a-b-c-3");
        assert_eq!(name("a", "b-c"), "a-b-c-1");
        assert_eq!(name("Checkout", "v1.2"), "checkout-v1-2-xbb9dpcaw6djsh");
        assert_eq!(name("@", "+"), "x56q13kk40m23y");
        let long = name(&"a".repeat(128), &"b".repeat(128));
        assert_eq!(
            long,
            "aaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbbbbbb-xb06kqxx8kzeba"
        );
    }

    proptest! {
        /// Two pairs never have the same name.
        #[test]
        fn names_never_collide(
            a in "[aB][aB-]{0,2}|[a-c][a-c-]{0,5}",
            b in "[aB][aB.-]{0,2}|[a-c][a-c1-]{0,5}",
            c in "[aB][aB-]{0,2}|[a-c][a-c-]{0,5}",
            d in "[aB][aB.-]{0,2}|[a-c][a-c1-]{0,5}",
        ) {
            prop_assert_eq!(name(&a, &b) == name(&c, &d), a == c && b == d);
        }

        /// Every name is valid, short, and a DNS label.
        #[test]
        fn names_are_legal(
            app in "[A-Za-z0-9_.:/=+@][A-Za-z0-9 _.:/=+@-]{0,60}x",
            version in "[A-Za-z0-9_.:/=+@][A-Za-z0-9_.:/=+@-]{0,120}x",
        ) {
            let name = name(&app, &version);
            prop_assert!(StackName::new(name.as_str()).is_ok());
            prop_assert!(name.len() <= MAX_LENGTH && is_slug(&name), "{}", name);
        }
    }
}
