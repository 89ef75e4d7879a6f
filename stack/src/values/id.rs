//! The identities of things: each is a type, is checked when it is made, and travels as a plain string.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The characters that every AWS service accepts in a tag, besides ASCII letters and digits.
const TAG_PUNCTUATION: &str = " _.:/=+@-";

/// Crockford's digits: no `i`, `l`, `o`, `u`, so that an id can be read aloud.
pub(crate) const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many random base-32 digits an id has. Twelve are 60 bits: short enough to be stored with each
/// of a thousand instances, long enough that two ledgers never meet.
const RANDOM_DIGITS: u32 = 12;

/// A text that is no name of the kind it should be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// There is nothing in it.
    #[error("the {what} is empty: give it at least one character")]
    Empty {
        /// What was to be named: `stack name`, `owner` and so on.
        what: &'static str,
    },
    /// It is longer than the limit.
    #[error("the {what} has {chars} characters, the limit is {max}: {text:?}")]
    TooLong {
        /// What was to be named.
        what: &'static str,
        /// The text that was read.
        text: String,
        /// How many characters it has.
        chars: usize,
        /// How many it may have.
        max: usize,
    },
    /// It holds a character that not every cloud service accepts in a tag.
    #[error(
        "the {what} {text:?} holds {character:?}, which not every service accepts in a tag: \
         use letters, digits, spaces and _.:/=+@-"
    )]
    Character {
        /// What was to be named.
        what: &'static str,
        /// The text that was read.
        text: String,
        /// The first character that is refused.
        character: char,
    },
    /// It begins with a dash, or begins or ends with a space.
    #[error(
        "the {what} {text:?} begins with a dash, or begins or ends with a space: \
         a command line takes the first for an option, and nobody sees the others"
    )]
    Edge {
        /// What was to be named.
        what: &'static str,
        /// The text that was read.
        text: String,
    },
    /// It is not one of jiti's own random ids.
    #[error(
        "{text:?} is no {what}: it has {RANDOM_DIGITS} digits and small letters, such as 7k3m9q2x4v8w"
    )]
    NotRandom {
        /// What was to be named.
        what: &'static str,
        /// The text that was read.
        text: String,
    },
    /// It holds a character that would act on a terminal instead of being shown.
    #[error("the {what} {text:?} holds the control character {character:?}: leave it out")]
    Control {
        /// What was to be named.
        what: &'static str,
        /// The text that was read.
        text: String,
        /// The first character that is refused.
        character: char,
    },
}

/// Whether each character of a text is accepted in tags by every service.
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
    // Every accepted character is one byte, so that bytes are characters from here on.
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

fn random(what: &'static str, text: &str) -> Result<(), NameError> {
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

/// Sixty bits from the operating system, as base-32 digits.
fn random_digits() -> Box<str> {
    // The standard library seeds this hasher from the operating system; nothing else here needs
    // randomness, and a dependency for one number is too many.
    let bits = RandomState::new().hash_one(std::process::id());
    (0..RANDOM_DIGITS)
        .map(|digit| char::from(BASE32[((bits >> (digit * 5)) & 31) as usize]))
        .collect::<String>()
        .into_boxed_str()
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks the text and takes it.
            ///
            /// # Errors
            /// [`NameError`] says what about the text is refused.
            pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
                let text = text.into();
                let check: fn(&str) -> Result<(), NameError> = $check;
                check(&text)?;
                Ok(Self(text.into_boxed_str()))
            }

            /// The text as it was given.
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
                id.0.into_string()
            }
        }
    };
}

text_id! {
    /// The identity of a stack, unique in a ledger among stacks that are not gone. 1 to 128
    /// characters of `[A-Za-z0-9 _.:/=+@-]`, because it is the value of the tag `jiti:stack`; no
    /// dash at its beginning, because people type it on command lines.
    StackName, |text| tag_safe("stack name", text, 128)
}
text_id! {
    /// The application that a stack belongs to; the same rule as [`StackName`].
    AppName, |text| tag_safe("app", text, 128)
}
text_id! {
    /// One version of an app: a git hash, a tag, a number; the same rule as [`StackName`].
    AppVersion, |text| tag_safe("version", text, 128)
}
text_id! {
    /// A person or a team; the same rule as [`StackName`], and the policy may ask for more.
    Owner, |text| tag_safe("owner", text, 128)
}
text_id! {
    /// A limit that several stacks share: see [`crate::pool`].
    PoolName, |text| tag_safe("pool name", text, 160)
}
text_id! {
    /// Which ledger an event or a Terraform state belongs to: twelve random base-32 digits.
    LedgerId, |text| random("ledger id", text)
}
text_id! {
    /// One run of a teardown or of the reaper: twelve random base-32 digits.
    RunId, |text| random("run id", text)
}
text_id! {
    /// Who did something, as far as the machine knows: `ana@laptop`. For people to read; never a
    /// proof of identity. At most 256 characters, none of which acts on a terminal.
    Actor, |text| printable("actor", text, 256)
}

macro_rules! likeness {
    ($($name:ident)*) => {$(
        impl $name {
            /// A name that looks like a text which need not be one: what no name may hold is `_`, and what is too long
            /// is cut. For showing what others wrote; two texts may look alike.
            #[must_use]
            pub fn like(text: &str) -> Self {
                Self(tidied(text).into_boxed_str())
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
    /// A new id that no other ledger has.
    #[must_use]
    pub fn random() -> Self {
        Self(random_digits())
    }
}

impl RunId {
    /// A new id that no other run has.
    #[must_use]
    pub fn random() -> Self {
        Self(random_digits())
    }
}

impl StackName {
    /// A name of small letters, digits and dashes, made by [`crate::values::naming`].
    pub(crate) fn slug(text: String) -> Self {
        debug_assert!(tag_safe("stack name", &text, 128).is_ok(), "{text:?}");
        Self(text.into_boxed_str())
    }
}

impl PoolName {
    /// The pool of `max_live_per_owner`: each owner has one.
    #[must_use]
    pub fn live(owner: &Owner) -> Self {
        Self(format!("live:{owner}").into_boxed_str())
    }

    /// The pool of `max_concurrent_inits`: a ledger has one.
    #[must_use]
    pub fn inits() -> Self {
        Self("inits".into())
    }
}

impl Actor {
    /// An actor from what the operating system says, whatever it says: an account name may hold
    /// anything, and that must not keep its owner from ending a stack.
    #[must_use]
    pub fn of(user: &str, host: &str) -> Self {
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
        Self(format!("{}@{}", clean(user), clean(host)).into_boxed_str())
    }
}

/// The place of an event among the events of its stack: from 1, without gaps; 0 is "nothing yet".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first event.
    pub const NONE: Self = Self(0);

    /// The place after this one.
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
