//! Text in Unicode normal form C, the form in which Terraform compares text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::{WireError, WireErrorKind};
use crate::dynamic::Dynamic;

/// The entries of a map with their keys in normal form, sorted by those keys.
///
/// # Errors
/// If two keys have the same normal form, because the encoded map would lose one of them.
pub(super) fn normal_entries(
    entries: &BTreeMap<String, Dynamic>,
) -> Result<Vec<(Cow<'_, str>, &Dynamic)>, WireError> {
    let mut changed = false;
    let mut normal_entries: Vec<_> = entries
        .iter()
        .map(|(key, value)| {
            let key = normal(key);
            changed |= matches!(key, Cow::Owned(_));
            (key, value)
        })
        .collect();
    if changed {
        normal_entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        if let Some(duplicate) = normal_entries
            .windows(2)
            .find(|pair| pair[0].0 == pair[1].0)
        {
            return Err(WireError::new(WireErrorKind::Duplicate).in_key(&duplicate[0].0));
        }
    }
    Ok(normal_entries)
}

/// The text in normal form. Text that is in normal form already is not copied.
pub(super) fn normal(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    let normal: String = text.nfc().collect();
    if normal == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(normal)
    }
}
