//! The CustomResourceDefinitions, as they are applied: what kube derives from the types, and what it cannot say.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Value, json};

use crate::v1alpha1::{AwsAccount, OverlapSubnetGroup, ProxyLoadBalancer, VpcPeering};

/// Every CustomResourceDefinition, in the order in which they are best applied.
#[must_use]
pub fn all() -> Vec<CustomResourceDefinition> {
    vec![
        definition::<AwsAccount>(),
        definition::<VpcPeering>(),
        definition::<OverlapSubnetGroup>(),
        definition::<ProxyLoadBalancer>(),
    ]
}

fn definition<K: CustomResourceExt>() -> CustomResourceDefinition {
    let mut crd = serde_json::to_value(K::crd()).expect("a CustomResourceDefinition is JSON");
    crd["metadata"]["labels"] = json!({ "app.kubernetes.io/part-of": "peerway" });
    let versions = crd["spec"]["versions"].as_array_mut().expect("kube lists versions");
    for version in versions {
        let schema = &mut version["schema"]["openAPIV3Schema"];
        tidy(schema);
        schema["properties"]["status"]["default"] = initial_status();
        bound_conditions(&mut schema["properties"]["status"]["properties"]["conditions"]["items"]);
    }
    serde_json::from_value(crd).expect("it was one before")
}

/// The API conventions discourage `nullable` (it breaks merge patches and ownership of fields) and know no unsigned formats.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.remove("nullable");
            // The API server prunes unknown fields by itself, and knows no `additionalProperties: false`.
            if map.get("additionalProperties") == Some(&Value::Bool(false)) {
                map.remove("additionalProperties");
            }
            if map
                .get("format")
                .and_then(Value::as_str)
                .is_some_and(|format| format.starts_with("uint"))
            {
                map.remove("format");
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The bounds that Kubernetes' own `Condition` has in Go and not in its schema
/// (<https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#Condition>).
fn bound_conditions(condition: &mut Value) {
    let properties = &mut condition["properties"];
    for (name, limit) in [("type", 316), ("reason", 1024), ("message", 32768)] {
        properties[name]["maxLength"] = json!(limit);
    }
    properties["status"]["enum"] = json!(["True", "False", "Unknown"]);
    properties["observedGeneration"]["minimum"] = json!(0);
}

/// A new object says that nobody has looked at it yet, instead of saying nothing: tools that wait see it in progress.
fn initial_status() -> Value {
    json!({
        "observedGeneration": -1,
        "conditions": [{
            "type": "Ready",
            "status": "Unknown",
            "reason": "Pending",
            "message": "Waiting for the controller.",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks a schema and names every place where something is unbounded.
    fn unbounded(path: &str, schema: &Value, found: &mut Vec<String>) {
        let has = |key: &str| schema.get(key).is_some();
        match schema["type"].as_str() {
            Some("string") if !(has("maxLength") || has("enum") || has("format")) => {
                found.push(format!("{path}: maxLength"));
            }
            Some("array") => {
                if !has("maxItems") {
                    found.push(format!("{path}: maxItems"));
                }
                if !has("x-kubernetes-list-type") {
                    found.push(format!("{path}: list type"));
                }
            }
            Some("integer") if !has("minimum") => found.push(format!("{path}: minimum")),
            Some("object") if has("additionalProperties") && !has("maxProperties") => {
                found.push(format!("{path}: maxProperties"));
            }
            _ => {}
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            unbounded(&format!("{path}.{name}"), property, found);
        }
        if has("items") {
            unbounded(&format!("{path}[]"), &schema["items"], found);
        }
        if has("additionalProperties") {
            unbounded(&format!("{path}{{}}"), &schema["additionalProperties"], found);
        }
    }

    fn schemas() -> Vec<(String, Value)> {
        all()
            .into_iter()
            .map(|crd| {
                let crd = serde_json::to_value(crd).unwrap();
                let kind = crd["spec"]["names"]["kind"].as_str().unwrap().to_owned();
                (kind, crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone())
            })
            .collect()
    }

    #[test]
    fn every_string_list_and_number_of_a_spec_is_bounded() {
        for (kind, schema) in schemas() {
            let mut found = Vec::new();
            for part in ["spec", "status"] {
                unbounded(&format!("{kind}.{part}"), &schema["properties"][part], &mut found);
            }
            assert!(found.is_empty(), "{found:#?}");
        }
    }

    #[test]
    fn every_field_is_described() {
        fn undescribed(path: &str, schema: &Value, found: &mut Vec<String>) {
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                let path = format!("{path}.{name}");
                if property["description"].as_str().is_none_or(str::is_empty) {
                    found.push(path.clone());
                }
                undescribed(&path, property, found);
                undescribed(&format!("{path}[]"), &property["items"], found);
            }
        }
        for (kind, schema) in schemas() {
            let mut found = Vec::new();
            undescribed(&kind, &schema["properties"]["spec"], &mut found);
            undescribed(&kind, &schema["properties"]["status"], &mut found);
            assert!(found.is_empty(), "{found:#?}");
        }
    }

    #[test]
    fn nothing_is_nullable_or_unsigned_and_a_new_object_is_in_progress() {
        for (kind, schema) in schemas() {
            let text = schema.to_string();
            assert!(!text.contains("nullable") && !text.contains("uint"), "{kind}");
            assert_eq!(
                schema["properties"]["status"]["default"]["observedGeneration"], -1,
                "{kind}"
            );
        }
    }
}
