//! Random requests, the same for the same seed.

use serde_json::json;

use crate::objects::{Of, names};
use crate::side::Template;

/// Splitmix64: small, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

const MERGE: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

pub(crate) struct Generator {
    pub(crate) random: Random,
    pub(crate) namespace: String,
    seed: u64,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random(seed), namespace: format!("seq-{seed}"), seed }
    }

    /// The namespace, and where it begins.
    pub(crate) fn opening(&mut self) -> Vec<Template> {
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": self.namespace } });
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        let metadata = Template { query: "only=metadata".to_owned(), ..template("GET", &path) };
        let create = Template { body: Some(namespace), ..template("POST", "/api/v1/namespaces") };
        let missing = Template {
            body: Some(self.object(Of::Widget, "a")),
            ..template("POST", "/apis/compare.peerway.dev/v1/namespaces/nowhere/widgets")
        };
        let list = self.list(Of::Widget, "");
        vec![
            Template { about: path.clone(), ..create },
            template("GET", &path),
            metadata,
            missing,
            list,
        ]
    }

    /// What ends a sequence: events that watches wait for.
    pub(crate) fn closing(&mut self) -> Vec<Template> {
        let mut last = json!({
            "apiVersion": "compare.peerway.dev/v1", "kind": "Widget",
            "metadata": { "name": "zz", "labels": { "l1": "x" }, "annotations": { "compare.peerway.dev/end": "" } },
            "spec": { "size": 1 },
        });
        let path = collection(Of::Widget, &self.namespace);
        let create = Template { body: Some(last.clone()), ..template("POST", &path) };
        last["metadata"]["annotations"] = json!({});
        let namespace = format!("/api/v1/namespaces/{}", self.namespace);
        let create = Template { about: format!("{path}/zz"), ..create };
        let gone = Template { about: namespace.clone(), ..template("DELETE", &namespace) };
        let late =
            Template { body: Some(self.object(Of::Widget, "late")), ..template("POST", &path) };
        vec![
            self.list(Of::Widget, ""),
            create,
            gone.clone(),
            gone,
            template("GET", &namespace),
            late,
        ]
    }

    /// Watches, and the annotation of the event at which each ends.
    pub(crate) fn watches(&self) -> Vec<(Template, &'static str)> {
        let path = collection(Of::Widget, &self.namespace);
        let watch = |query: &str| Template {
            query: format!("watch=true&{query}"),
            ..template("GET", &path)
        };
        let initial =
            "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
        let end = "compare.peerway.dev/end";
        vec![
            (watch("resourceVersion=$begin"), end),
            (watch("resourceVersion=$begin&labelSelector=l1%3Dx"), end),
            (watch(initial), "k8s.io/initial-events-end"),
            (watch(&format!("{initial}&only=metadata")), "k8s.io/initial-events-end"),
        ]
    }

    fn list(&mut self, of: Of, query: &str) -> Template {
        Template { query: query.to_owned(), ..template("GET", &collection(of, &self.namespace)) }
    }

    pub(crate) fn request(&mut self) -> Template {
        let kinds = [
            (45, Of::Widget),
            (53, Of::Gadget),
            (63, Of::Peering),
            (69, Of::Account),
            (78, Of::SubnetGroup),
            (87, Of::Balancer),
            (95, Of::Lease),
            (100, Of::Event),
        ];
        let roll = self.random.below(100);
        let of = kinds.into_iter().find(|(limit, _)| roll < *limit).unwrap().1;
        let mut name = self.random.pick(&["a", "a", "b", "b", "c", "d"]).to_owned();
        if of != Of::Widget {
            name = self.random.pick(&["a", "a", "b"]).to_owned();
        }
        if matches!(of, Of::Gadget | Of::Account) {
            name = format!("s{}-{name}", self.seed);
        }
        let path = format!("{}/{name}", collection(of, &self.namespace));
        let mut request = match (of, self.random.below(100)) {
            (_, 0..16) => self.create(of, &name),
            // The real server checks more of an event that is replaced than is served in memory.
            (_, 16..18) | (Of::Event, 24..34) => template("GET", &path),
            (Of::Widget | Of::Lease, 18..24) => self.some_list(of),
            (_, 24..34) => self.replace(of, &name, &path),
            (_, 34..48) => self.json_patch(of, &path),
            (_, 48..62) | (Of::Lease | Of::Event, 62..93) => self.merge_patch(of, &path),
            (_, 62..78) => self.apply(of, &name, &path),
            (_, 78..93) => self.status(of, &name, &path),
            (_, 93..) => self.delete(&path),
            _ => template("GET", &path),
        };
        if request.method != "GET"
            && request.method != "DELETE"
            && (request.content_type == APPLY || self.random.chance(70))
        {
            let manager = self.random.pick(&["alice", "bob", "peerway"]);
            request.query = format!("{}&fieldManager={manager}", request.query);
        }
        Template { about: path, ..request }
    }

    fn create(&mut self, of: Of, name: &str) -> Template {
        let mut object = self.object(of, name);
        if self.random.chance(2) {
            object["metadata"]["resourceVersion"] = "5".into();
        }
        if self.random.chance(2) {
            object["metadata"]["namespace"] = "elsewhere".into();
        }
        Template { body: Some(object), ..template("POST", &collection(of, &self.namespace)) }
    }

    fn some_list(&mut self, of: Of) -> Template {
        let query = self.random.pick(&[
            "",
            "limit=1",
            "limit=2",
            "limit=1&continue=$continue",
            "labelSelector=l1%3Dx",
            "labelSelector=l2",
            "labelSelector=l1%20in%20(x,y)",
            "labelSelector=!l1",
            "fieldSelector=metadata.name%3Da",
            "fieldSelector=spec.mode%3DB",
            "only=metadata",
            "limit=2&labelSelector=l1%21%3Dx",
            "resourceVersion=0",
        ]);
        self.list(of, query)
    }

    fn replace(&mut self, of: Of, name: &str, path: &str) -> Template {
        let mut object = self.object(of, name);
        let version = self.random.pick(&["$rv", "$rv", "$rv", "$rv", "$rv", "$oldrv", ""]);
        if !version.is_empty() {
            object["metadata"]["resourceVersion"] = version.into();
        }
        if self.random.chance(20) {
            object["metadata"]["uid"] =
                self.random.pick(&["$uid", "$uid", "22222222-1111-4111-8111-111111111111"]).into();
        }
        Template { body: Some(object), ..template("PUT", path) }
    }

    fn json_patch(&mut self, of: Of, path: &str) -> Template {
        let finalizer = self.random.pick(&["peerway.dev/a", "peerway.dev/b"]);
        let mut operations = match self.random.below(10) {
            0 => json!([
                { "op": "test", "path": "/metadata/finalizers", "value": null },
                { "op": "add", "path": "/metadata/finalizers", "value": [finalizer] },
            ]),
            1 => json!([{ "op": "add", "path": "/metadata/finalizers/-", "value": finalizer }]),
            2 | 3 => json!([
                { "op": "test", "path": "/metadata/finalizers/0", "value": finalizer },
                { "op": "remove", "path": "/metadata/finalizers/0" },
            ]),
            4 => json!([{ "op": "remove", "path": "/metadata/finalizers" }]),
            5 => json!([{ "op": "replace", "path": "/metadata/labels/l1", "value": "z" }]),
            6 => json!([{ "op": "add", "path": "/metadata/annotations", "value": { "n": "1" } }]),
            7 if of == Of::Widget => {
                json!([{ "op": "add", "path": "/spec/tags/-", "value": self.random.pick(&["x", "y", "z"]) }])
            }
            8 if of == Of::Widget => json!([{ "op": "remove", "path": "/spec/parts/0" }]),
            9 if of == Of::Widget => {
                json!([{ "op": "copy", "from": "/spec/size", "path": "/status/count" }, { "op": "move", "from": "/spec/word", "path": "/spec/nested/a" }])
            }
            _ => json!([{ "op": "add", "path": "/metadata/finalizers", "value": [finalizer] }]),
        };
        if self.random.chance(30) {
            let version = self.random.pick(&["$rv", "$rv", "$oldrv"]);
            let test =
                json!({ "op": "test", "path": "/metadata/resourceVersion", "value": version });
            operations.as_array_mut().unwrap().insert(0, test);
        }
        Template { body: Some(operations), content_type: JSON_PATCH, ..template("PATCH", path) }
    }

    fn merge_patch(&mut self, of: Of, path: &str) -> Template {
        let mut patch = match self.random.below(8) {
            0 => {
                json!({ "metadata": { "labels": { "l1": self.random.pick(&["x", "y"]), "l2": null } } })
            }
            1 => json!({ "metadata": { "finalizers": self.finalizers() } }),
            2 => json!({ "metadata": { "annotations": null } }),
            3 => json!({}),
            4 if of == Of::Widget => {
                json!({ "spec": { "free": null, "notes": { "k": null, "m": "1" }, "nested": null } })
            }
            _ => json!({ "spec": self.spec(of) }),
        };
        if of == Of::Event {
            patch = json!({ "series": { "count": 2, "lastObservedTime": "2026-01-02T03:04:05.000000Z" } });
        }
        if self.random.chance(10) {
            patch["metadata"]["resourceVersion"] = self.random.pick(&["$rv", "$oldrv"]).into();
        }
        Template { body: Some(patch), content_type: MERGE, ..template("PATCH", path) }
    }

    fn apply(&mut self, of: Of, name: &str, path: &str) -> Template {
        let mut object = self.object(of, name);
        if self.random.chance(20) && of == Of::Widget {
            object["spec"].as_object_mut().unwrap().remove("size");
        }
        // Of several complaints the real server names any.
        if object.get("bogus").is_some() {
            object.as_object_mut().unwrap().remove("status");
            if of == Of::Widget {
                object["spec"] = json!({ "size": 1 });
            }
        }
        if self.random.chance(10) {
            object["metadata"]["uid"] =
                self.random.pick(&["$uid", "22222222-1111-4111-8111-111111111111"]).into();
        }
        let query = self.random.pick(&["", "force=true", "force=true"]).to_owned();
        Template { body: Some(object), content_type: APPLY, query, ..template("PATCH", path) }
    }

    fn status(&mut self, of: Of, name: &str, path: &str) -> Template {
        let path = format!("{path}/status");
        let (api_version, kind) = names(of);
        let status = self.status_of(of);
        let mut object =
            json!({ "apiVersion": api_version, "kind": kind, "metadata": {}, "status": status });
        match self.random.below(10) {
            0 => Template {
                body: Some(json!({ "status": status })),
                content_type: MERGE,
                ..template("PATCH", &path)
            },
            1 => {
                let mut object = self.object(of, name);
                object["metadata"]["resourceVersion"] = "$rv".into();
                object["status"] = status;
                Template { body: Some(object), ..template("PUT", &path) }
            }
            2 => template("GET", &path),
            _ => {
                if self.random.chance(70) {
                    let uid = self.random.pick(&[
                        "$uid",
                        "$uid",
                        "$uid",
                        "22222222-1111-4111-8111-111111111111",
                    ]);
                    object["metadata"]["uid"] = uid.into();
                }
                let query = self.random.pick(&["force=true", "force=true", ""]).to_owned();
                Template {
                    body: Some(object),
                    content_type: APPLY,
                    query,
                    ..template("PATCH", &path)
                }
            }
        }
    }

    fn delete(&mut self, path: &str) -> Template {
        let body = self.random.pick(&[
            None,
            Some(json!({})),
            Some(json!({ "preconditions": { "uid": "$uid" } })),
            Some(json!({ "preconditions": { "resourceVersion": "$oldrv" } })),
            Some(json!({ "preconditions": { "uid": "22222222-1111-4111-8111-111111111111" } })),
            Some(json!({ "preconditions": { "uid": "$uid", "resourceVersion": "$rv" } })),
        ]);
        Template { body, ..template("DELETE", path) }
    }
}

fn collection(of: Of, namespace: &str) -> String {
    let (api_version, _) = names(of);
    match of {
        Of::Widget => format!("/apis/{api_version}/namespaces/{namespace}/widgets"),
        Of::Gadget => format!("/apis/{api_version}/gadgets"),
        Of::Peering => format!("/apis/{api_version}/namespaces/{namespace}/vpcpeerings"),
        Of::Account => format!("/apis/{api_version}/awsaccounts"),
        Of::SubnetGroup => {
            format!("/apis/{api_version}/namespaces/{namespace}/overlapsubnetgroups")
        }
        Of::Balancer => format!("/apis/{api_version}/namespaces/{namespace}/proxyloadbalancers"),
        Of::Lease => format!("/apis/{api_version}/namespaces/{namespace}/leases"),
        Of::Event => format!("/apis/{api_version}/namespaces/{namespace}/events"),
    }
}

fn template(method: &'static str, path: &str) -> Template {
    let (query, about) = (String::new(), path.to_owned());
    Template { method, path: path.to_owned(), query, content_type: JSON, body: None, about }
}
