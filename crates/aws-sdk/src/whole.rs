//! Whether an answer is whole. The SDK reads XML leniently: of a document that ends in its middle it takes what is there, and
//! half a list would look like a Region from which things have vanished.

use aws_sdk_ec2::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ec2::error::BoxError;

/// Refuses answers that are cut off.
#[derive(Debug)]
pub(crate) struct Whole;

/// An answer that ended before its last element was closed.
#[derive(Debug, thiserror::Error)]
#[error("the answer is cut off: it holds {length} bytes and does not end where its document ends")]
struct CutOff {
    length: usize,
}

impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "Whole"
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
    use super::is_whole;

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
