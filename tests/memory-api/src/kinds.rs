//! What is served: kinds, from a `CustomResourceDefinition` or built in, and the paths that lead to them.

use serde_json::{Value, json};

use crate::schema::Schema;

/// One kind in one version.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "Kubernetes calls them so")]
pub(crate) struct Kind {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) is_namespaced: bool,
    pub(crate) has_status: bool,
    pub(crate) schema: Schema,
    pub(crate) selectable: Vec<String>,
    /// What built-in kinds do differently from custom resources.
    pub(crate) built_in: Option<BuiltIn>,
}

/// A kind that is not a custom resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuiltIn {
    Namespace,
    Lease,
    Event,
}

impl Kind {
    /// From the first served version of a definition.
    pub(crate) fn from_crd(crd: &Value) -> Result<Self, String> {
        let spec = &crd["spec"];
        let text = |value: &Value, what: &str| {
            value.as_str().map(str::to_owned).ok_or_else(|| format!("the definition has no {what}"))
        };
        let versions = spec["versions"].as_array().into_iter().flatten();
        let version = versions
            .clone()
            .find(|version| version["served"] == true)
            .ok_or("the definition serves no version")?;
        let kind = text(&spec["names"]["kind"], "names.kind")?;
        let selectable = version["selectableFields"].as_array().into_iter().flatten();
        let selectable = selectable.filter_map(|field| field["jsonPath"].as_str());
        Ok(Self {
            group: text(&spec["group"], "group")?,
            version: text(&version["name"], "version name")?,
            plural: text(&spec["names"]["plural"], "names.plural")?,
            list_kind: spec["names"]["listKind"]
                .as_str()
                .map_or_else(|| format!("{kind}List"), str::to_owned),
            kind,
            is_namespaced: spec["scope"] == "Namespaced",
            has_status: version["subresources"].get("status").is_some(),
            schema: Schema::of_object(&version["schema"]["openAPIV3Schema"])?,
            selectable: selectable.map(|path| path.trim_start_matches('.').to_owned()).collect(),
            built_in: None,
        })
    }

    /// The kinds that every server here has.
    pub(crate) fn built_in() -> Vec<Self> {
        let kind = |built_in, group: &str, plural: &str, kind: &str, schema: &Value| Self {
            group: group.to_owned(),
            version: "v1".to_owned(),
            plural: plural.to_owned(),
            kind: kind.to_owned(),
            list_kind: format!("{kind}List"),
            is_namespaced: built_in != BuiltIn::Namespace,
            has_status: built_in == BuiltIn::Namespace,
            schema: Schema::of_object(schema).expect("it is written in this file"),
            selectable: Vec::new(),
            built_in: Some(built_in),
        };
        vec![
            kind(BuiltIn::Namespace, "", "namespaces", "Namespace", &namespace()),
            kind(BuiltIn::Lease, "coordination.k8s.io", "leases", "Lease", &lease()),
            kind(BuiltIn::Event, "events.k8s.io", "events", "Event", &event()),
        ]
    }

    /// `vpcpeerings.peerway.dev`.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() {
            return self.plural.clone();
        }
        format!("{}.{}", self.plural, self.group)
    }

    /// `VPCPeering.peerway.dev`; events say where they come from.
    pub(crate) fn qualified_kind(&self) -> String {
        match self.group_of_kind() {
            "" => self.kind.clone(),
            group => format!("{}.{group}", self.kind),
        }
    }

    /// The group where the kind is named.
    pub(crate) fn group_of_kind(&self) -> &str {
        if self.built_in == Some(BuiltIn::Event) { "" } else { &self.group }
    }

    /// `peerway.dev/v1alpha1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            return self.version.clone();
        }
        format!("{}/{}", self.group, self.version)
    }
}

fn object(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

fn namespace() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    object(&json!({
        "spec": object(&json!({ "finalizers": texts })),
        "status": { "type": "object", "properties": {
            "phase": { "type": "string" },
            "conditions": { "type": "array", "items": { "x-kubernetes-preserve-unknown-fields": true },
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] },
        } },
    }))
}

fn lease() -> Value {
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer", "minimum": 0 }));
    let mut schema = object(&json!({
        "spec": object(&json!({
            "holderIdentity": text, "leaseDurationSeconds": number, "acquireTime": text,
            "renewTime": text, "leaseTransitions": number, "strategy": text, "preferredHolder": text,
        })),
    }));
    schema["properties"]["spec"]["default"] = json!({});
    schema
}

fn event() -> Value {
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    let reference = json!({ "type": "object", "x-kubernetes-map-type": "atomic", "properties": {
        "kind": text, "namespace": text, "name": text, "uid": text, "apiVersion": text,
        "resourceVersion": text, "fieldPath": text,
    } });
    let mut regarding = reference.clone();
    regarding["default"] = json!({});
    object(&json!({
        "eventTime": text, "reportingController": text, "reportingInstance": text, "action": text,
        "reason": text, "regarding": regarding, "related": reference, "note": text, "type": text,
        "series": object(&json!({ "count": number, "lastObservedTime": text })),
        "deprecatedSource": { "type": "object", "default": {}, "properties": { "component": text, "host": text } },
        "deprecatedFirstTimestamp": { "type": "string", "nullable": true, "default": null },
        "deprecatedLastTimestamp": { "type": "string", "nullable": true, "default": null },
        "deprecatedCount": number,
    }))
}
