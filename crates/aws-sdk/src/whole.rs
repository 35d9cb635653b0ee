//! Whether an answer is whole. The SDK reads XML leniently: of a document that ends in its middle it takes what is there, and
//! half a list would look like a Region from which things have vanished. It also reads on for as long as something comes.

use aws_sdk_ec2::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
};
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ec2::error::BoxError;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// The largest answer that is read, in bytes: a page of 100 route tables with 1,000 routes each, which is as many as AWS
/// allows, is about 25 MiB.
const LARGEST: usize = 32 * 1024 * 1024;

/// Refuses answers that are cut off, and those that are larger than AWS's can be.
#[derive(Debug)]
pub(crate) struct Whole;

/// An answer that ended before its last element was closed.
#[derive(Debug, thiserror::Error)]
#[error("the answer is cut off: it holds {length} bytes and does not end where its document ends")]
struct CutOff {
    length: usize,
}

/// An answer that went on.
#[derive(Debug, thiserror::Error)]
#[error("the answer is larger than {LARGEST} bytes, which no answer of AWS is")]
struct TooLarge;

impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        *body = limited(std::mem::replace(body, SdkBody::taken()));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        if is_whole(body) { Ok(()) } else { Err(CutOff { length: body.len() }.into()) }
    }
}

fn limited(body: SdkBody) -> SdkBody {
    SdkBody::from_body_1_x(
        Limited::new(body, LARGEST)
            .map_err(|error| if error.is::<LengthLimitError>() { TooLarge.into() } else { error }),
    )
}

/// Whether a document ends with the end of the element that it begins with. What is no document at all is for the SDK to
/// complain about.
fn is_whole(document: &[u8]) -> bool {
    let text = String::from_utf8_lossy(document);
    let mut rest = text.trim();
    while let Some(after) = rest.strip_prefix("<?").or_else(|| rest.strip_prefix("<!")) {
        let Some((_, after)) = after.split_once('>') else { return false };
        rest = after.trim_start();
    }
    let Some(root) = rest.strip_prefix('<') else { return true };
    let name = root.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next();
    let is_empty = root.find('>') == Some(root.len() - 1) && root.ends_with("/>");
    is_empty || rest.ends_with(&format!("</{}>", name.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_largest_answer_is_read_and_a_larger_one_is_not() {
        let read = |length| limited(SdkBody::from(vec![b'x'; length])).collect();
        assert_eq!(read(LARGEST).await.unwrap().to_bytes().len(), LARGEST);
        let refused = read(LARGEST + 1).await.unwrap_err().to_string();
        assert_eq!(refused, "the answer is larger than 33554432 bytes, which no answer of AWS is");
    }

    #[test]
    fn a_document_ends_where_its_first_element_does() {
        for whole in [
            "<?xml version=\"1.0\"?>\n<A xmlns=\"x\"><b/></A>\n",
            "<A/>",
            "<!DOCTYPE html><html></html>",
            "",
            "no document",
        ] {
            assert!(is_whole(whole.as_bytes()), "{whole}");
        }
        for cut in ["<A><b/>", "<A", "<?xml version", "<A><b></b></", "<A><B/>", "<A></AB>"] {
            assert!(!is_whole(cut.as_bytes()), "{cut}");
        }
    }
}
