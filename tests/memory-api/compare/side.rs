//! One of the two servers, and what a sequence has learnt from it.

use std::collections::BTreeMap;

use http::Request;
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use regex::{Captures, Regex};
use serde_json::{Value, json};

/// A request with placeholders in it: `$uid`, `$rv` and `$oldrv` of the object at `about`, `$continue` of the last page,
/// `$begin` where the sequence began.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Option<Value>,
    /// The path of the object.
    pub(crate) about: String,
}

impl Template {
    fn accept(&self) -> &'static str {
        if !self.query.contains("only=metadata") {
            "application/json"
        } else if (self.path.ends_with("widgets") || self.path.ends_with("leases"))
            && !self.query.contains("watch=true")
        {
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        } else {
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
        }
    }
}

/// What was seen of an object.
#[derive(Debug, Default, Clone)]
struct Seen {
    uid: String,
    version: String,
    old_version: String,
}

pub(crate) struct Side {
    client: Client,
    seen: BTreeMap<String, Seen>,
    next_page: String,
    begin: String,
    uids: BTreeMap<String, String>,
    versions: BTreeMap<String, String>,
    time: Regex,
    number: Regex,
}

impl Side {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            seen: BTreeMap::new(),
            next_page: String::new(),
            begin: String::new(),
            uids: BTreeMap::new(),
            versions: BTreeMap::new(),
            time: Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").unwrap(),
            number: Regex::new(
                r"(in precondition: |in object meta: |precondition \(|record \()(\d+)\b",
            )
            .unwrap(),
        }
    }

    fn fill(&self, text: &str, about: &str) -> String {
        let seen = self.seen.get(about).cloned().unwrap_or_default();
        let or = |text: &str, other: &str| {
            if text.is_empty() { other.to_owned() } else { text.to_owned() }
        };
        text.replace("$uid", &or(&seen.uid, "11111111-1111-4111-8111-111111111111"))
            .replace("$rv", &or(&seen.version, "1"))
            .replace("$oldrv", &or(&seen.old_version, "1"))
            .replace("$continue", &self.next_page)
            .replace("$begin", &self.begin)
    }

    async fn request(&self, template: &Template) -> http::Response<Body> {
        let body = template.body.as_ref().map(Value::to_string).unwrap_or_default();
        let body = self.fill(&body, &template.about);
        let uri = format!("{}?{}", template.path, self.fill(&template.query, &template.about));
        let request = Request::builder()
            .method(template.method)
            .uri(uri)
            .header("User-Agent", "compare/1")
            .header("Content-Type", template.content_type)
            .header("Accept", template.accept())
            .body(Body::from(body.into_bytes()))
            .unwrap();
        self.client.send(request).await.unwrap()
    }

    /// Sends it; the status and the body with everything masked that may differ.
    pub(crate) async fn send(&mut self, template: &Template) -> (u16, Value) {
        let response = self.request(template).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let mut body: Value = serde_json::from_slice(&body)
            .unwrap_or_else(|_| json!({ "text": String::from_utf8_lossy(&body) }));
        self.learn(&body, template);
        self.mask(&mut body);
        (status, body)
    }

    /// The events of a watch until one for which `is_last`, masked.
    pub(crate) async fn watch(
        &mut self,
        template: &Template,
        is_last: impl Fn(&Value) -> bool,
    ) -> Vec<Value> {
        let response = self.request(template).await;
        let mut body = response.into_body();
        let (mut text, mut events) = (Vec::new(), Vec::new());
        while let Some(frame) = body.frame().await {
            text.extend_from_slice(&frame.unwrap().into_data().unwrap_or_default());
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                let mut event: Value = serde_json::from_slice(&line).unwrap();
                let last = is_last(&event);
                self.mask(&mut event["object"]);
                events.push(event);
                if last {
                    return events;
                }
            }
        }
        events
    }

    fn learn(&mut self, body: &Value, template: &Template) {
        let metadata = &body["metadata"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if body["items"].is_array() {
            self.next_page = text(&metadata["continue"]);
            if self.begin.is_empty() {
                self.begin = text(&metadata["resourceVersion"]);
            }
        } else if metadata["uid"].is_string() {
            let seen = self.seen.entry(template.about.clone()).or_default();
            let version = text(&metadata["resourceVersion"]);
            if seen.version != version {
                seen.old_version = std::mem::replace(&mut seen.version, version);
            }
            seen.uid = text(&metadata["uid"]);
        }
    }

    fn mask(&mut self, value: &mut Value) {
        self.collect(value);
        self.mask_below(value);
    }

    /// Numbers uids and versions by their first appearance, so that they can be compared after all.
    fn collect(&mut self, value: &Value) {
        let object = if value["object"].is_object() { &value["object"] } else { value };
        let items = object["items"].as_array().into_iter().flatten();
        for object in std::iter::once(object).chain(items) {
            let metadata = &object["metadata"];
            if let Some(uid) = metadata["uid"].as_str() {
                let number = self.uids.len();
                self.uids.entry(uid.to_owned()).or_insert_with(|| format!("uid#{number}"));
                if let Some(version) = metadata["resourceVersion"].as_str() {
                    let number = self.versions.len();
                    self.versions
                        .entry(version.to_owned())
                        .or_insert_with(|| format!("rv#{number}"));
                }
            }
        }
    }

    fn mask_below(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let is_list = fields.contains_key("items");
                let is_object = fields.contains_key("uid");
                for (name, field) in fields.iter_mut() {
                    if is_list && name == "metadata" {
                        for name in ["resourceVersion", "continue"] {
                            if field[name].as_str().is_some_and(|text| !text.is_empty()) {
                                field[name] = "<masked>".into();
                            }
                        }
                        continue;
                    }
                    match (name.as_str(), &mut *field) {
                        ("resourceVersion", Value::String(version)) => {
                            *version = self
                                .versions
                                .get(version)
                                .filter(|_| is_object)
                                .cloned()
                                .unwrap_or("<version>".into());
                        }
                        ("message", Value::String(message)) => *message = sorted(message),
                        _ => {}
                    }
                    self.mask_below(field);
                    if ["managedFields", "causes"].contains(&name.as_str())
                        && let Some(items) = field.as_array_mut()
                    {
                        items.sort_by_key(Value::to_string);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_below(item)),
            Value::String(text) => *text = self.mask_text(text),
            _ => {}
        }
    }

    fn mask_text(&self, text: &str) -> String {
        if text == "1970-01-01T00:00:00Z" {
            return text.to_owned();
        }
        let mut text = self.time.replace_all(text, "<time>").into_owned();
        for (uid, number) in &self.uids {
            if text.contains(uid.as_str()) {
                text = text.replace(uid.as_str(), number);
            }
        }
        let known = |captures: &Captures<'_>| {
            let version = self.versions.get(&captures[2]).map_or("<version>", String::as_str);
            format!("{}{version}", &captures[1])
        };
        self.number.replace_all(&text, known).into_owned()
    }
}

/// Several complaints come in any order.
fn sorted(message: &str) -> String {
    if let Some((head, list)) = message.split_once(": errors:\n") {
        let mut lines: Vec<&str> = list.lines().collect();
        lines.sort_unstable();
        return format!("{head}: errors: {}", lines.join("\n"));
    }
    let Some((head, list)) = message.split_once(" is invalid: [") else {
        return message.to_owned();
    };
    let mut parts: Vec<&str> = list.trim_end_matches(']').split(", ").collect();
    parts.sort_unstable();
    format!("{head} is invalid: [{}]", parts.join(", "))
}
