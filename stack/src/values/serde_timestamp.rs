//! Serialises timestamps: as milliseconds in binary formats, as RFC 3339 in readable ones.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub(crate) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() {
        at.serialize(to)
    } else {
        at.as_millisecond().serialize(to)
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    if from.is_human_readable() {
        return Timestamp::deserialize(from);
    }
    Timestamp::from_millisecond(i64::deserialize(from)?).map_err(de::Error::custom)
}

/// Serialises an optional timestamp.
pub(crate) mod option {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Timestamp};

    #[derive(Serialize, Deserialize)]
    struct Stamp(#[serde(with = "super")] Timestamp);

    pub(crate) fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        at.map(Stamp).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<Stamp>::deserialize(from)?.map(|Stamp(at)| at))
    }
}
