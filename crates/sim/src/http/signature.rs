//! AWS's signatures, version 4 (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>):
//! what a request claims to be signed with, and what its signature would have to be made of.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method, Uri};
use sha2::{Digest as _, Sha256};

use crate::error::Refusal;
use crate::identity::{Proof, hex};

/// What a request shows of its signature, be it in the header or in the query.
pub(super) struct Claim {
    pub(super) key: String,
    date: String,
    pub(super) region: String,
    pub(super) service: String,
    signed_headers: Vec<String>,
    signature: String,
    timestamp: String,
    /// Seconds; only of those in the query.
    expires: Option<u64>,
    is_presigned: bool,
}

/// The parameters of signatures in the query, which are no parameters of the action.
pub(super) const IN_QUERY: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
];

fn incomplete(problem: impl Into<String>) -> Refusal {
    Refusal::new("IncompleteSignature", problem)
}

impl Claim {
    /// Reads an `Authorization` header.
    pub(super) fn from_header(authorization: &str, headers: &HeaderMap) -> Result<Self, Refusal> {
        let rest = authorization.trim().strip_prefix("AWS4-HMAC-SHA256");
        let rest = rest.ok_or_else(|| {
            incomplete("the Authorization header is not of the algorithm AWS4-HMAC-SHA256")
        })?;
        let mut parts = BTreeMap::new();
        for part in rest.split(',') {
            if let Some((name, value)) = part.trim().split_once('=') {
                parts.insert(name, value);
            }
        }
        let part = |name: &str| parts.get(name).copied().unwrap_or_default();
        let timestamp = headers.get("x-amz-date").and_then(|value| value.to_str().ok());
        Self::from_scope(
            part("Credential"),
            part("SignedHeaders"),
            part("Signature"),
            timestamp.unwrap_or_default(),
        )
    }

    /// Reads the parameters of a presigned request; nothing where it is not one.
    pub(super) fn from_query(query: &str) -> Option<Result<Self, Refusal>> {
        let find = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let credential = find("X-Amz-Credential")?;
        let part = |name: &str| find(name).unwrap_or_default();
        let claim = Self::from_scope(
            &credential,
            &part("X-Amz-SignedHeaders"),
            &part("X-Amz-Signature"),
            &part("X-Amz-Date"),
        );
        Some(claim.map(|claim| Self {
            expires: find("X-Amz-Expires").and_then(|text| text.parse().ok()),
            is_presigned: true,
            ..claim
        }))
    }

    fn from_scope(
        scope: &str,
        signed_headers: &str,
        signature: &str,
        timestamp: &str,
    ) -> Result<Self, Refusal> {
        let parts: Vec<&str> = scope.split('/').collect();
        let [key, date, region, service, "aws4_request"] = parts[..] else {
            return Err(incomplete(format!(
                "the credential {scope:?} is not <key>/<date>/<region>/<service>/aws4_request"
            )));
        };
        Ok(Self {
            key: key.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: signed_headers.split(';').map(str::to_lowercase).collect(),
            signature: signature.to_owned(),
            timestamp: timestamp.to_owned(),
            expires: None,
            is_presigned: false,
        })
    }

    /// What can be checked by whoever knows the secret.
    pub(super) fn proof(
        self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Proof {
        let mut text = format!("{method}\n{}\n", canonical_path(uri.path()));
        text.push_str(&self.canonical_query(uri.query().unwrap_or_default()));
        text.push('\n');
        for name in &self.signed_headers {
            let values = headers.get_all(name).iter().map(|value| {
                let text = String::from_utf8_lossy(value.as_bytes());
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            });
            let values: Vec<String> = values.collect();
            text.extend([name, ":", &values.join(","), "\n"]);
        }
        let payload = hex(&Sha256::digest(body));
        text.extend(["\n", &self.signed_headers.join(";"), "\n", &payload]);
        Proof {
            has_host: self.signed_headers.iter().any(|name| name == "host"),
            canonical: hex(&Sha256::digest(text.as_bytes())),
            date: self.date,
            region: self.region,
            service: self.service,
            timestamp: self.timestamp,
            expires: self.expires,
            signature: self.signature,
        }
    }

    fn canonical_query(&self, query: &str) -> String {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let mut pairs: Vec<(String, String)> = pairs
            .filter(|(name, _)| !self.is_presigned || name != "X-Amz-Signature")
            .map(|(name, value)| (encoded(&name, false), encoded(&value, false)))
            .collect();
        pairs.sort_unstable();
        let pairs: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }
}

/// The path, encoded once more than it comes, as all services but S3 have it.
fn canonical_path(path: &str) -> String {
    if path.is_empty() { "/".to_owned() } else { encoded(path, true) }
}

fn encoded(text: &str, keeps_slashes: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            b'/' if keeps_slashes => encoded.push('/'),
            _ => encoded.extend(["%", &hex(&[byte]).to_uppercase()]),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::signature;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// AWS's own test suite for signatures, the cases `get-vanilla`, `get-vanilla-query-order-key-case` and
    /// `post-x-www-form-urlencoded`.
    #[test]
    fn signatures_are_those_of_awss_test_suite() {
        let form = "application/x-www-form-urlencoded";
        for (method, uri, body, signed, expected) in [
            (
                Method::GET,
                "/",
                "",
                "host;x-amz-date",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                Method::GET,
                "/?Param2=value2&Param1=value1",
                "",
                "host;x-amz-date",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                Method::POST,
                "/",
                "Param1=value1",
                "content-type;host;x-amz-date",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", "example.amazonaws.com".parse().unwrap());
            headers.insert("x-amz-date", "20150830T123600Z".parse().unwrap());
            headers.insert("content-type", form.parse().unwrap());
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders={signed}, Signature={expected}"
            );
            let claim = Claim::from_header(&authorization, &headers).unwrap();
            let uri: Uri = uri.parse().unwrap();
            let proof = claim.proof(&method, &uri, &headers, body.as_bytes());
            assert_eq!(signature(SECRET, &proof), expected, "{method} {uri}");
        }
    }

    #[test]
    fn claims_that_say_too_little_are_refused() {
        for text in [
            "Basic dXNlcg==",
            "AWS4-HMAC-SHA256 Credential=x",
            "AWS4-HMAC-SHA256 Credential=k/20260101/r/ec2/aws5_request, SignedHeaders=host, Signature=0",
        ] {
            let refusal = Claim::from_header(text, &HeaderMap::new()).err().unwrap();
            assert_eq!(refusal.code, "IncompleteSignature");
        }
        assert!(Claim::from_query("Action=DescribeVpcs").is_none());
    }
}
