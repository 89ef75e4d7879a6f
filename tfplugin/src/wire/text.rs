//! Text as Terraform compares it: in Unicode normal form C.

use std::borrow::Cow;
use std::collections::BTreeMap;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::{WireError, WireErrorKind};
use crate::dynamic::Dynamic;

/// The entries of a map by their keys in normal form, in the order of those.
///
/// # Errors
/// Two keys that are one text in normal form: such a map would lose an entry on its way.
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
        normal_entries.sort_by(|(one, _), (two, _)| one.cmp(two));
        if let Some(twice) = normal_entries
            .windows(2)
            .find(|pair| pair[0].0 == pair[1].0)
        {
            return Err(WireError::new(WireErrorKind::Duplicate).in_key(&twice[0].0));
        }
    }
    Ok(normal_entries)
}

/// The text in normal form, copied only where it is not.
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
