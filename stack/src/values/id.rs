//! Identifiers: each has its own type, is checked on creation, and is serialised as a plain string.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::random;

/// The characters that every AWS service accepts in a tag, besides ASCII letters and digits.
const TAG_PUNCTUATION: &str = " _.:/=+@-";

/// Crockford's base-32 digits, without `i`, `l`, `o` and `u`, so that an id can be read aloud.
pub(crate) const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The number of random base-32 digits of an id. Twelve are 60 bits: short enough to be stored with
/// each of a thousand instances, long enough to avoid collisions.
const RANDOM_DIGITS: u32 = 12;

/// A text that is not a valid name of its kind.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// The text is empty.
    #[error("the {what} is empty: give it at least one character")]
    Empty {
        /// The kind of name: `stack name`, `owner` and so on.
        what: &'static str,
    },
    /// The text is too long.
    #[error("the {what} has {chars} characters, the limit is {max}: {text:?}")]
    TooLong {
        /// The kind of name.
        what: &'static str,
        /// The text that was read.
        text: String,
        /// The number of characters in the text.
        chars: usize,
        /// The maximum number of characters.
        max: usize,
    },
    /// The text contains a character that some cloud services refuse in a tag.
    #[error(
        "the {what} {text:?} contains {character:?}, which some services refuse in a tag: \
         use letters, digits, spaces and _.:/=+@-"
    )]
    Character {
        /// The kind of name.
        what: &'static str,
        /// The text that was read.
        text: String,
        /// The first invalid character.
        character: char,
    },
    /// The text starts with a dash, or starts or ends with a space.
    #[error("the {what} {text:?} starts with a dash, or starts or ends with a space: remove it")]
    Edge {
        /// The kind of name.
        what: &'static str,
        /// The text that was read.
        text: String,
    },
    /// The text is not a random id of jiti's form.
    #[error(
        "invalid {what} {text:?}: use {RANDOM_DIGITS} digits and lower-case letters, such as 7k3m9q2x4v8w"
    )]
    NotRandom {
        /// The kind of id.
        what: &'static str,
        /// The text that was read.
        text: String,
    },
    /// The text contains a control character, which a terminal would interpret.
    #[error("the {what} {text:?} contains the control character {character:?}: remove it")]
    Control {
        /// The kind of name.
        what: &'static str,
        /// The text that was read.
        text: String,
        /// The first control character.
        character: char,
    },
}

/// The first character that some services refuse in a tag.
pub(crate) fn unsafe_character(text: &str) -> Option<char> {
    text.chars()
        .find(|c| !c.is_ascii_alphanumeric() && !TAG_PUNCTUATION.contains(*c))
}

fn tag_safe(what: &'static str, text: &str, max: usize) -> Result<(), NameError> {
    let owned = || text.to_owned();
    if text.is_empty() {
        return Err(NameError::Empty { what });
    }
    if let Some(character) = unsafe_character(text) {
        return Err(NameError::Character {
            what,
            text: owned(),
            character,
        });
    }
    // Every accepted character is one byte, so the length in bytes is the number of characters.
    if text.len() > max {
        return Err(NameError::TooLong {
            what,
            text: owned(),
            chars: text.len(),
            max,
        });
    }
    if text.starts_with(['-', ' ']) || text.ends_with(' ') {
        return Err(NameError::Edge {
            what,
            text: owned(),
        });
    }
    Ok(())
}

fn random_id(what: &'static str, text: &str) -> Result<(), NameError> {
    let right = text.len() == RANDOM_DIGITS as usize && text.bytes().all(|b| BASE32.contains(&b));
    if right {
        Ok(())
    } else {
        Err(NameError::NotRandom {
            what,
            text: text.to_owned(),
        })
    }
}

fn printable(what: &'static str, text: &str, max: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty { what });
    }
    if let Some(character) = text.chars().find(|c| c.is_control()) {
        return Err(NameError::Control {
            what,
            text: text.to_owned(),
            character,
        });
    }
    let chars = text.chars().count();
    if chars > max {
        return Err(NameError::TooLong {
            what,
            text: text.to_owned(),
            chars,
            max,
        });
    }
    Ok(())
}

/// Sixty random bits as base-32 digits.
fn random_digits() -> Arc<str> {
    let bits = random::bits();
    (0..RANDOM_DIGITS)
        .map(|digit| char::from(BASE32[((bits >> (digit * 5)) & 31) as usize]))
        .collect::<String>()
        .into()
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        ///
        /// A clone shares the text.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// [`NameError`] if the text is not valid.
            pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
                let text = text.into();
                let check: fn(&str) -> Result<(), NameError> = $check;
                check(&text)?;
                Ok(Self(text.into()))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.to_string()
            }
        }
    };
}

text_id! {
    /// The name of a stack, unique in a ledger among stacks that are not gone. 1 to 128 characters
    /// of `[A-Za-z0-9 _.:/=+@-]`, because it is the value of the tag `jiti:stack`. It does not
    /// start with a dash, because users type it on command lines.
    StackName, |text| tag_safe("stack name", text, 128)
}
text_id! {
    /// The application that a stack belongs to; the same rule as [`StackName`].
    AppName, |text| tag_safe("app", text, 128)
}
text_id! {
    /// One version of an app, such as a git hash, a tag or a number; the same rule as
    /// [`StackName`].
    AppVersion, |text| tag_safe("version", text, 128)
}
text_id! {
    /// A person or a team; the same rule as [`StackName`], and the policy may require more.
    Owner, |text| tag_safe("owner", text, 128)
}
text_id! {
    /// The name of a limit shared by several stacks: see [`crate::pool`].
    PoolName, |text| tag_safe("pool name", text, 160)
}
text_id! {
    /// A dependency that the preflights of several stacks check: the name of the check, such as
    /// `http https://vault:8200/v1/sys/health`, without a user, a query or an argument.
    DependencyName, |text| printable("dependency", text, 512)
}
text_id! {
    /// The id of a ledger: twelve random base-32 digits.
    LedgerId, |text| random_id("ledger id", text)
}
text_id! {
    /// The id of one run of a teardown, a sleep, a wake or the reaper: twelve random base-32
    /// digits.
    RunId, |text| random_id("run id", text)
}
text_id! {
    /// A person or process that did something, as `user@host`. For people to read; not a proof of
    /// identity. At most 256 characters, without control characters.
    Actor, |text| printable("actor", text, 256)
}

macro_rules! likeness {
    ($($name:ident)*) => {$(
        impl $name {
            /// Makes a valid name from any text: invalid characters become `_`, and a long text is
            /// cut. For displaying foreign tags; two texts may give the same name.
            #[must_use]
            pub fn lossy(text: &str) -> Self {
                Self(tidied(text).into())
            }
        }
    )*};
}
likeness! { StackName AppName AppVersion Owner }

fn tidied(text: &str) -> String {
    let keep = |c: char| {
        if unsafe_character(c.encode_utf8(&mut [0; 4])).is_some() {
            '_'
        } else {
            c
        }
    };
    let mut tidied: String = text.chars().take(128).map(keep).collect();
    if tidied.is_empty() || tidied.starts_with(['-', ' ']) {
        tidied.replace_range(..tidied.len().min(1), "_");
    }
    if tidied.ends_with(' ') {
        tidied.pop();
        tidied.push('_');
    }
    tidied
}

impl LedgerId {
    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        Self(random_digits())
    }
}

impl RunId {
    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        Self(random_digits())
    }
}

impl StackName {
    /// A name of lower-case letters, digits and dashes, made by [`crate::values::naming`].
    pub(crate) fn slug(text: String) -> Self {
        debug_assert!(tag_safe("stack name", &text, 128).is_ok(), "{text:?}");
        Self(text.into())
    }
}

impl PoolName {
    /// The pool of `max_live_per_owner`, one per owner.
    #[must_use]
    pub fn live(owner: &Owner) -> Self {
        Self(format!("live:{owner}").into())
    }

    /// The pool of `max_concurrent_inits`, one per ledger.
    #[must_use]
    pub fn inits() -> Self {
        Self("inits".into())
    }

    /// The stacks that wait for a place in [`PoolName::inits`]. A pool of its own, so that a jiti
    /// that knows no queue reads it and copies it like every other pool.
    #[must_use]
    pub fn waiting_inits() -> Self {
        Self("inits-waiting".into())
    }
}

impl Actor {
    /// Makes an actor from the operating system's user and host names. Invalid characters are
    /// dropped instead of refused, because an unusual account name must not keep its user from
    /// ending a stack.
    #[must_use]
    pub fn from_names(user: &str, host: &str) -> Self {
        let clean = |text: &str| {
            let text: String = text
                .chars()
                .filter(|c| !c.is_control() && !c.is_whitespace())
                .take(120)
                .collect();
            if text.is_empty() {
                "unknown".to_owned()
            } else {
                text
            }
        };
        Self(format!("{}@{}", clean(user), clean(host)).into())
    }
}

/// The sequence number of an event in its stream: from 1, without gaps. 0 means before the first
/// event.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first event.
    pub const NONE: Self = Self(0);

    /// The next number.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
