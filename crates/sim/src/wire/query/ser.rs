//! Requests to parameters: what a client would send, and what the ledger shows of a call.

use serde::ser::{self, Impossible, Serialize};

use super::QueryError;

/// The parameters of a request, in the order of its fields; absent ones are left out.
///
/// # Errors
/// When the request holds something that has no Query form, such as a map.
pub(crate) fn to_params(request: &impl Serialize) -> Result<Vec<(String, String)>, QueryError> {
    let mut out = Vec::new();
    request.serialize(Writer { out: &mut out, name: String::new() })?;
    Ok(out)
}

struct Writer<'a> {
    out: &'a mut Vec<(String, String)>,
    name: String,
}

impl Writer<'_> {
    fn put(self, value: &impl ToString) {
        self.out.push((self.name, value.to_string()));
    }
}

/// The parts of a list or structure.
struct Parts<'a> {
    out: &'a mut Vec<(String, String)>,
    prefix: String,
    count: usize,
}

impl Parts<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, step: &str, value: &T) -> Result<(), QueryError> {
        let name = if self.prefix.is_empty() {
            step.to_owned()
        } else {
            [self.prefix.as_str(), step].join(".")
        };
        value.serialize(Writer { out: &mut *self.out, name })
    }
}

impl ser::SerializeSeq for Parts<'_> {
    type Ok = ();
    type Error = QueryError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), QueryError> {
        self.count += 1;
        self.part(&self.count.to_string(), value)
    }

    fn end(self) -> Result<(), QueryError> {
        Ok(())
    }
}

impl ser::SerializeStruct for Parts<'_> {
    type Ok = ();
    type Error = QueryError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), QueryError> {
        self.part(name, value)
    }

    fn end(self) -> Result<(), QueryError> {
        Ok(())
    }
}

macro_rules! values {
    ($($method:ident($type:ty)),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), QueryError> {
            self.put(&value);
            Ok(())
        })*
    };
}

fn no_form<T>(what: &str) -> Result<T, QueryError> {
    Err(ser::Error::custom(format!("{what} in a request")))
}

impl<'a> ser::Serializer for Writer<'a> {
    type Ok = ();
    type Error = QueryError;
    type SerializeSeq = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeTuple = Impossible<(), QueryError>;
    type SerializeTupleStruct = Impossible<(), QueryError>;
    type SerializeTupleVariant = Impossible<(), QueryError>;
    type SerializeMap = Impossible<(), QueryError>;
    type SerializeStructVariant = Impossible<(), QueryError>;

    values! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_f32(f32),
        serialize_f64(f64), serialize_char(char), serialize_str(&str),
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), QueryError> {
        no_form("bytes")
    }

    fn serialize_none(self) -> Result<(), QueryError> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), QueryError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), QueryError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), QueryError> {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), QueryError> {
        self.put(&variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), QueryError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), QueryError> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, QueryError> {
        Ok(Parts { out: self.out, prefix: self.name, count: 0 })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, QueryError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, QueryError> {
        no_form("a tuple")
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, QueryError> {
        no_form("a tuple struct")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, QueryError> {
        no_form("a tuple variant")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, QueryError> {
        no_form("a map")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, QueryError> {
        no_form("a struct variant")
    }
}

impl ser::Error for QueryError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Value { parameter: String::new(), problem: message.to_string() }
    }
}
