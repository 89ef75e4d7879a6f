//! CBOR as JSON, so that rules read and rewrite it as they do every other protocol.

use minicbor::data::{Tag, Type};
use minicbor::decode::Error;
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Value, json};

/// The content type of a message in Smithy's RPC v2 CBOR protocol.
pub const CONTENT_TYPE: &str = "application/cbor";

/// The member of the JSON object that stands for a timestamp: seconds since 1970.
const TIMESTAMP: &str = "$timestamp";

/// CBOR's tag of a timestamp.
const EPOCH: Tag = Tag::new(1);

/// The JSON form of a CBOR value; an empty message is an empty object.
pub fn to_json(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return json!({});
    }
    decode(&mut Decoder::new(bytes)).unwrap_or_else(|error| panic!("invalid CBOR: {error}"))
}

/// The CBOR form of what [`to_json`] returns.
pub fn from_json(value: &Value) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    encode(&mut encoder, value);
    encoder.into_writer()
}

fn decode(from: &mut Decoder<'_>) -> Result<Value, Error> {
    Ok(match from.datatype()? {
        Type::Bool => from.bool()?.into(),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => from.u64()?.into(),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => from.i64()?.into(),
        Type::F16 => from.f16()?.into(),
        Type::F32 => from.f32()?.into(),
        Type::F64 => from.f64()?.into(),
        Type::String => from.str()?.into(),
        Type::StringIndef => from.str_iter()?.collect::<Result<String, _>>()?.into(),
        Type::Array | Type::ArrayIndef => {
            let length = from.array()?;
            let mut items = Vec::new();
            while !at_end(from, length, items.len())? {
                items.push(decode(from)?);
            }
            items.into()
        }
        Type::Map | Type::MapIndef => {
            let length = from.map()?;
            let (mut members, mut count) = (Map::new(), 0);
            while !at_end(from, length, count)? {
                let Value::String(name) = decode(from)? else {
                    return Err(Error::message("a key that is not text"));
                };
                members.insert(name, decode(from)?);
                count += 1;
            }
            members.into()
        }
        Type::Tag if from.tag()? == EPOCH => json!({ TIMESTAMP: decode(from)? }),
        Type::Null | Type::Undefined => {
            from.skip()?;
            Value::Null
        }
        other => return Err(Error::message(format!("no JSON form of {other}"))),
    })
}

/// Whether a list or map ends here: after its length, or at its break where it has none.
fn at_end(from: &mut Decoder<'_>, length: Option<u64>, count: usize) -> Result<bool, Error> {
    if let Some(length) = length {
        return Ok(count as u64 == length);
    }
    let ends = from.datatype()? == Type::Break;
    if ends {
        from.skip()?;
    }
    Ok(ends)
}

fn encode(to: &mut Encoder<Vec<u8>>, value: &Value) {
    let written = match value {
        Value::Null => to.null(),
        Value::Bool(value) => to.bool(*value),
        Value::String(text) => to.str(text),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => to.u64(number),
            (None, Some(number)) => to.i64(number),
            (None, None) => to.f64(number.as_f64().unwrap()),
        },
        Value::Array(items) => {
            to.array(items.len() as u64).unwrap();
            items.iter().for_each(|item| encode(to, item));
            return;
        }
        Value::Object(members) => {
            if let Some(seconds) = members.get(TIMESTAMP) {
                to.tag(EPOCH).unwrap();
                return encode(to, seconds);
            }
            to.map(members.len() as u64).unwrap();
            for (name, member) in members {
                to.str(name).unwrap();
                encode(to, member);
            }
            return;
        }
    };
    written.unwrap();
}
