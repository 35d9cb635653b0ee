//! Replies as AWS writes them in XML: EC2's way (`<vpcSet><item>…`) and the older services' (`<Subnets><member>…`).

use std::fmt::Write as _;

use serde::ser::{self, Impossible, Serialize};

/// Which way a service writes lists and where it puts the request id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `<item>` in lists, `<requestId>` as the first field.
    Ec2,
    /// `<member>` in lists, the fields within `<…Result>` (which a call without any output, a unit struct here, does not
    /// have), the request id in `<ResponseMetadata>`.
    Query,
}

/// The whole answer to `action`.
///
/// # Errors
/// When the reply holds something that has no XML form, such as a map.
pub(crate) fn reply(
    style: Style,
    action: &str,
    namespace: &str,
    request_id: &str,
    body: &impl Serialize,
) -> Result<String, Error> {
    let mut out = String::with_capacity(1024);
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{action}Response xmlns=\"{namespace}\">"
    );
    match style {
        Style::Ec2 => {
            element(&mut out, "requestId", request_id);
            body.serialize(Element { out: &mut out, item: "item", name: "" })?;
        }
        Style::Query => {
            let name = format!("{action}Result");
            body.serialize(Element { out: &mut out, item: "member", name: &name })?;
            out.push_str("<ResponseMetadata>");
            element(&mut out, "RequestId", request_id);
            out.push_str("</ResponseMetadata>");
        }
    }
    let _ = write!(out, "</{action}Response>");
    Ok(out)
}

/// The whole answer to a call that failed.
#[must_use]
pub(crate) fn failure(
    style: Style,
    namespace: &str,
    request_id: &str,
    code: &str,
    message: &str,
    status: u16,
) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    match style {
        Style::Ec2 => {
            out.push_str("<Response><Errors><Error>");
            element(&mut out, "Code", code);
            element(&mut out, "Message", message);
            out.push_str("</Error></Errors>");
            element(&mut out, "RequestID", request_id);
            out.push_str("</Response>");
        }
        Style::Query => {
            let _ = write!(out, "<ErrorResponse xmlns=\"{namespace}\"><Error>");
            element(&mut out, "Type", if status < 500 { "Sender" } else { "Receiver" });
            element(&mut out, "Code", code);
            element(&mut out, "Message", message);
            out.push_str("</Error>");
            element(&mut out, "RequestId", request_id);
            out.push_str("</ErrorResponse>");
        }
    }
    out
}

/// Something that has no XML form.
#[derive(Debug, thiserror::Error)]
#[error("replies cannot hold {0}")]
pub(crate) struct Error(&'static str);

impl ser::Error for Error {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self("what its own type cannot write")
    }
}

fn element(out: &mut String, name: &str, text: &str) {
    open(out, name);
    escape(out, text);
    close(out, name);
}

/// Nothing for the reply itself, whose fields stand in the element that is there already.
fn open(out: &mut String, name: &str) {
    if !name.is_empty() {
        out.extend(["<", name, ">"]);
    }
}

fn close(out: &mut String, name: &str) {
    if !name.is_empty() {
        out.extend(["</", name, ">"]);
    }
}

/// Text with the five characters that XML reserves replaced, and those it cannot hold at all left out.
fn escape(out: &mut String, text: &str) {
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let replacement = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\r' => "&#13;",
            b'\t' | b'\n' => continue,
            0..=31 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        out.push_str(replacement);
        plain = at + 1;
    }
    out.push_str(&text[plain..]);
}

/// Writes one value as the element `name`, an absent one as nothing. Structs and lists nest; replies hold nothing else.
struct Element<'a> {
    out: &'a mut String,
    item: &'static str,
    name: &'a str,
}

impl<'a> Element<'a> {
    fn display(self, value: impl std::fmt::Display) {
        open(self.out, self.name);
        let _ = write!(self.out, "{value}");
        close(self.out, self.name);
    }

    fn nest(self) -> Nest<'a> {
        open(self.out, self.name);
        Nest(self)
    }
}

/// The inside of an element that is open.
struct Nest<'a>(Element<'a>);

impl Nest<'_> {
    fn child<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        value.serialize(Element { out: &mut *self.0.out, item: self.0.item, name })
    }
}

impl ser::SerializeSeq for Nest<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.child(self.0.item, value)
    }

    fn end(self) -> Result<(), Error> {
        close(self.0.out, self.0.name);
        Ok(())
    }
}

impl ser::SerializeStruct for Nest<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.child(name, value)
    }

    fn end(self) -> Result<(), Error> {
        close(self.0.out, self.0.name);
        Ok(())
    }
}

macro_rules! displayed {
    ($($method:ident($type:ty)),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            self.display(value);
            Ok(())
        })*
    };
}

impl<'a> ser::Serializer for Element<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Nest<'a>;
    type SerializeStruct = Nest<'a>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    displayed! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_f32(f32),
        serialize_f64(f64), serialize_char(char),
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        element(self.out, self.name, value);
        Ok(())
    }

    /// Formats straight into the answer, unescaped: what replies display (blocks, times) holds no reserved character;
    /// free text comes as `str`.
    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.display(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        Err(Error("bytes"))
    }

    fn serialize_none(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Nest<'a>, Error> {
        Ok(self.nest())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Nest<'a>, Error> {
        Ok(self.nest())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Err(Error("a tuple"))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Err(Error("a tuple struct"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(Error("a tuple variant"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        Err(Error("a map"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(Error("a struct variant"))
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Thing {
        id: &'static str,
        missing: Option<&'static str>,
        is_default: bool,
        tag_set: Vec<Tag>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Tag {
        key: &'static str,
        value: String,
    }

    fn thing() -> Thing {
        let tags = vec![Tag { key: "a<b", value: "\u{1}&\"'é".to_owned() }];
        Thing { id: "thing-1", missing: None, is_default: true, tag_set: tags }
    }

    #[test]
    fn ec2_lists_are_items_and_the_request_id_stands_first() {
        assert_eq!(
            reply(Style::Ec2, "DescribeThing", "http://ns/", "r-1", &thing()).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeThingResponse xmlns=\"http://ns/\">\
             <requestId>r-1</requestId><id>thing-1</id><isDefault>true</isDefault>\
             <tagSet><item><key>a&lt;b</key><value>&amp;&quot;'é</value></item></tagSet></DescribeThingResponse>"
        );
    }

    #[test]
    fn the_older_services_wrap_the_result_and_call_list_items_members() {
        let text = reply(Style::Query, "GetThing", "http://ns/", "r-1", &thing()).unwrap();
        assert!(text.contains("<GetThingResult><id>"), "{text}");
        assert!(text.contains("<tagSet><member><key>"), "{text}");
        assert!(
            text.ends_with(
                "</GetThingResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetThingResponse>"
            ),
            "{text}"
        );
    }

    #[test]
    fn failures_have_the_shape_of_their_service() {
        let ec2 = failure(Style::Ec2, "", "r-1", "AuthFailure", "no <b>", 401);
        assert!(ec2.contains(
            "<Response><Errors><Error><Code>AuthFailure</Code><Message>no &lt;b&gt;</Message>"
        ));
        assert!(ec2.ends_with("</Errors><RequestID>r-1</RequestID></Response>"), "{ec2}");
        let sts = failure(Style::Query, "http://ns/", "r-1", "AccessDenied", "no", 403);
        assert!(
            sts.contains("<ErrorResponse xmlns=\"http://ns/\"><Error><Type>Sender</Type>"),
            "{sts}"
        );
    }
}
