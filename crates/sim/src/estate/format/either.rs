//! What may be written as one word or as a mapping.
//!
//! serde's `untagged` would only say that neither fits. Here whoever wrote a mapping hears what is wrong with it as one.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads either.
///
/// # Errors
/// Those of the form that was chosen.
pub(super) fn word_or_mapping<'de, D, W, M>(deserializer: D) -> Result<Either<W, M>, D::Error>
where
    D: Deserializer<'de>,
    W: FromStr<Err: Display>,
    M: Deserialize<'de>,
{
    deserializer.deserialize_any(Reader(PhantomData))
}

/// What was written.
pub(super) enum Either<W, M> {
    Word(W),
    Mapping(M),
}

struct Reader<W, M>(PhantomData<(W, M)>);

impl<'de, W, M> Visitor<'de> for Reader<W, M>
where
    W: FromStr<Err: Display>,
    M: Deserialize<'de>,
{
    type Value = Either<W, M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word or a mapping")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map(Either::Word).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        M::deserialize(MapAccessDeserializer::new(map)).map(Either::Mapping)
    }
}

/// Lets an enumeration of a word and a mapping be read so.
macro_rules! read_either {
    ($name:ident, $word:ident, $mapping:ident) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let read = crate::estate::format::either::word_or_mapping(deserializer)?;
                Ok(match read {
                    crate::estate::format::either::Either::Word(word) => Self::$word(word),
                    crate::estate::format::either::Either::Mapping(it) => Self::$mapping(it),
                })
            }
        }
    };
}

pub(super) use read_either;
