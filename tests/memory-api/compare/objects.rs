//! What random objects hold.

use serde_json::{Map, Value, json};

use crate::generate::Generator;

/// The kinds that are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Widget,
    Gadget,
    Peering,
    Account,
    SubnetGroup,
    Balancer,
    Lease,
    Event,
}

impl Generator {
    pub(crate) fn object(&mut self, of: Of, name: &str) -> Value {
        let (api_version, kind) = names(of);
        let mut metadata = json!({ "name": name });
        if self.random.chance(50) {
            metadata["labels"] = self.pairs("l");
        }
        if self.random.chance(20) {
            metadata["annotations"] = self.pairs("n");
        }
        if self.random.chance(20) {
            metadata["finalizers"] = self.finalizers();
        }
        let mut object = json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata });
        if of == Of::Event {
            let fields = json!({
                "eventTime": "2026-01-02T03:04:05.000000Z", "reportingController": "peerway", "reportingInstance": "peerway-0",
                "action": "Reconcile", "reason": "Ready", "type": "Normal", "note": self.random.pick(&["one", "two"]),
                "regarding": { "apiVersion": "peerway.dev/v1alpha1", "kind": "VPCPeering", "name": "a", "namespace": self.namespace },
            });
            object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            return object;
        }
        object["spec"] = self.spec(of);
        if self.random.chance(10) {
            object["bogus"] = "dropped".into();
        }
        if self.random.chance(10) {
            object["status"] = json!({ "phase": "Given" });
        }
        object
    }

    fn pairs(&mut self, prefix: &str) -> Value {
        let mut pairs = Map::new();
        for number in 1..=1 + self.random.below(3) {
            pairs.insert(format!("{prefix}{number}"), self.random.pick(&["x", "y"]).into());
        }
        pairs.into()
    }

    pub(crate) fn finalizers(&mut self) -> Value {
        self.random.pick(&[
            json!([]),
            json!(["peerway.dev/a"]),
            json!(["peerway.dev/b", "peerway.dev/a"]),
            json!(["peerway.dev/a", "peerway.dev/b"]),
        ])
    }

    pub(crate) fn spec(&mut self, of: Of) -> Value {
        match of {
            Of::Widget => self.widget(),
            Of::Gadget => {
                json!({ "size": self.random.below(3), "tags": self.random.pick(&[json!([]), json!(["a"]), json!(["b", "a"])]) })
            }
            Of::Lease => {
                let mut spec = json!({ "holderIdentity": self.random.pick(&["one", "two"]), "leaseDurationSeconds": 30 });
                if self.random.chance(50) {
                    spec["renewTime"] = self
                        .random
                        .pick(&["2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:06.000000Z"])
                        .into();
                    spec["leaseTransitions"] = self.random.below(3).into();
                }
                spec
            }
            Of::Account => {
                json!({ "accountID": "111111111111", "regions": self.random.pick(&[json!(["us-west-2"]), json!(["eu-central-1", "us-west-2"])]) })
            }
            Of::Peering => {
                let mut spec = json!({
                    "requester": { "accountRef": { "name": "consumer" }, "region": "eu-central-1", "vpc": { "matchTags": { "Name": "consumer" } } },
                    "accepter": { "accountRef": { "name": "service" }, "region": "us-west-2", "vpc": { "matchTags": { "Name": "service" } } },
                });
                if self.random.chance(50) {
                    spec["accepter"]["dnsResolution"] = self.random.chance(50).into();
                }
                if self.random.chance(50) {
                    let destinations = self
                        .random
                        .pick(&[json!(["10.50.0.0/23"]), json!(["10.60.0.0/23", "10.50.0.0/23"])]);
                    spec["requester"]["routes"] = json!({ "tables": { "matchTags": { "Name": "private" } }, "destinations": destinations });
                }
                spec
            }
            Of::SubnetGroup => self.subnet_group(),
            Of::Balancer => self.balancer(),
            Of::Event => Value::Null,
        }
    }

    /// Whatever is merged into whatever, no rule of the schema in CEL is broken, and no value outside its list, behind
    /// which such rules go unchecked: only the real server knows them.
    fn subnet_group(&mut self) -> Value {
        let peers = self.random.pick(&[
            json!([{ "name": "billing", "peeringRef": { "name": "a" }, "side": "Accepter" }]),
            json!([
                { "name": "web", "peeringRef": { "name": "b" }, "side": "Requester", "peerRoutes": { "tables": { "scope": "Main" } } },
                { "name": "billing", "peeringRef": { "name": "a" }, "side": "Accepter", "peerRoutes": { "tables": { "ids": ["rtb-0000000a"] }, "onConflict": "Refuse" } },
            ]),
        ]);
        let mut spec = json!({ "peers": peers });
        let choices = [
            ("availabilityZones", json!({ "list": [{ "id": "usw2-az1" }] })),
            (
                "availabilityZones",
                json!({ "list": [{ "id": "usw2-az2", "cidr": "10.50.0.0/26" }, { "id": "usw2-az1" }] }),
            ),
            ("cidrs", json!({ "prefixLength": 26 })),
            ("cidrs", json!({})),
            ("deletionPolicy", json!("Retain")),
            ("managementPolicy", json!("Observe")),
            ("networkACL", json!({ "id": "acl-0000000a" })),
            ("tags", json!({ "team": "data" })),
            ("tags", json!({ "team": "web", "env": "e04" })),
        ];
        let wrong = [
            ("cidrs", json!({ "prefixLength": 28 })),
            ("networkACL", json!({ "id": "acl" })),
            ("bogus", json!(1)),
        ];
        self.vary(&mut spec, &choices, &wrong);
        spec
    }

    /// As [`subnet_group`](Self::subnet_group).
    fn balancer(&mut self) -> Value {
        let targets = self.random.pick(&[
            json!({ "autoScalingGroups": { "names": ["query"] } }),
            json!({ "autoScalingGroups": { "names": ["query", "data"], "allowELBHealthChecks": true } }),
            json!({ "instances": { "ids": ["i-0000000b", "i-0000000a"] } }),
        ]);
        let listeners = self.random.pick(&[
            json!([{ "port": 8888, "protocol": "TCP", "instancePort": 8888 }]),
            json!([
                { "port": 443, "protocol": "SSL", "instanceProtocol": "TCP", "instancePort": 8888, "certificateARN": "arn:aws:acm:us-west-2:111111111111:certificate/one" },
                { "port": 80, "protocol": "HTTP", "instancePort": 8080 },
            ]),
        ]);
        let groups = self.random.pick(&[
            json!([{ "id": "sg-0000000a" }, { "name": "balancer" }]),
            json!([{ "create": { "name": "own", "ingress": [{ "protocol": "TCP", "cidrs": ["172.19.0.0/20"], "ports": { "from": 8888, "to": 8888 } }] } }]),
        ]);
        let mut spec = json!({ "subnetGroupRef": { "name": "a" }, "targets": targets, "listeners": listeners, "securityGroups": groups });
        let choices = [
            ("healthCheck", json!({ "protocol": "HTTPS", "port": 8281, "path": "/status" })),
            ("healthCheck", json!({ "intervalSeconds": 10, "timeoutSeconds": 5 })),
            ("attributes", json!({ "crossZone": true, "idleTimeoutSeconds": 60 })),
            (
                "attributes",
                json!({ "connectionDraining": { "enabled": true, "timeoutSeconds": 30 }, "accessLogs": { "enabled": false } }),
            ),
            ("readiness", json!({ "minInService": 0 })),
            ("scheme", json!("Internal")),
            ("tags", json!({ "team": "data" })),
        ];
        let wrong = [
            ("listeners", json!([{ "port": 0, "protocol": "TCP", "instancePort": 8888 }])),
            ("healthCheck", json!({ "intervalSeconds": 301 })),
            ("readiness", json!({ "minInService": -1 })),
            ("bogus", json!(1)),
        ];
        self.vary(&mut spec, &choices, &wrong);
        spec
    }

    /// Adds a few of the choices and, now and then, something wrong.
    fn vary(&mut self, spec: &mut Value, choices: &[(&str, Value)], wrong: &[(&str, Value)]) {
        for _ in 0..self.random.below(5) {
            let (name, value) = self.random.pick(choices);
            spec[name] = value;
        }
        if self.random.chance(10) {
            let (name, value) = self.random.pick(wrong);
            spec[name] = value;
        }
    }

    fn widget(&mut self) -> Value {
        let mut spec = json!({ "size": self.random.below(11) });
        let choices = [
            ("mode", json!("B")),
            ("mode", json!("C")),
            ("mode", json!("A")),
            ("word", json!("abc")),
            ("word", json!("de")),
            ("tags", json!(["x"])),
            ("tags", json!(["y", "x"])),
            ("tags", json!(["z", "x", "y"])),
            ("tags", json!([])),
            ("parts", json!([{ "name": "p" }])),
            ("parts", json!([{ "name": "q", "weight": 2 }, { "name": "p", "note": "n" }])),
            (
                "parts",
                json!([{ "name": "p", "inner": { "x": "1" } }, { "name": "r" }, { "name": "q", "note": "m" }]),
            ),
            ("parts", json!([{ "name": "r", "inner": { "y": "2" } }])),
            ("numbers", json!([1, 2])),
            ("numbers", json!([2])),
            ("numbers", json!([])),
            ("notes", json!({ "k": "1" })),
            ("notes", json!({ "k": "2", "m": "3" })),
            ("notes", json!({})),
            ("whole", json!({ "a": "1" })),
            ("whole", json!({ "a": "1", "b": "2" })),
            ("nested", json!({ "a": "1" })),
            ("nested", json!({ "b": true, "deep": { "c": "3" } })),
            ("nested", json!({ "deep": {} })),
            ("nested", json!({})),
            ("free", json!({ "any": { "thing": [1, { "goes": null }] } })),
            ("free", json!({ "any": { "other": "1" } })),
            ("free", json!({})),
        ];
        for _ in 0..self.random.below(6) {
            let (name, value) = self.random.pick(&choices);
            spec[name] = value;
        }
        if self.random.chance(12) {
            let wrong = [
                ("mode", json!("Q")),
                ("word", json!("UP")),
                ("word", json!("toolong")),
                ("word", json!("a")),
                ("size", json!(11)),
                ("size", json!("1")),
                ("size", json!(-1)),
                ("tags", json!(["x", "x"])),
                ("parts", json!([{ "note": "n" }])),
                ("tags", json!("x")),
                ("tags", json!(["a", "b", "c", "d", "e"])),
                ("notes", json!({ "a": "1", "b": "2", "c": "3", "d": "4" })),
                ("notes", json!({ "a": 1 })),
                ("nested", json!([])),
                ("nested", json!({ "b": "yes" })),
                ("bogus", json!(1)),
            ];
            let (name, value) = self.random.pick(&wrong);
            spec[name] = value;
        }
        spec
    }

    pub(crate) fn status_of(&mut self, of: Of) -> Value {
        let condition = |type_: &str, status: &str, reason: &str| match of {
            Of::Widget => json!({ "type": type_, "status": status, "reason": reason }),
            _ => {
                json!({ "type": type_, "status": status, "reason": reason, "message": "m", "lastTransitionTime": "1970-01-01T00:00:00Z" })
            }
        };
        let conditions = self.random.pick(&[
            json!([condition("Ready", "True", "Done")]),
            json!([
                condition("Ready", "False", "Waiting"),
                condition("Reconciling", "True", "Working")
            ]),
            json!([
                condition("Reconciling", "True", "Working"),
                condition("Ready", "Unknown", "Waiting")
            ]),
            json!([]),
        ]);
        match of {
            Of::Widget => {
                let mut status = json!({ "conditions": conditions });
                if self.random.chance(50) {
                    status["count"] = self.random.below(3).into();
                }
                if self.random.chance(50) {
                    status["phase"] =
                        self.random.pick(&["One", "Two", "far too long a phase"]).into();
                }
                if self.random.chance(20) {
                    status["seenAt"] =
                        self.random.pick(&["1970-01-01T00:00:00Z", "yesterday"]).into();
                }
                status
            }
            _ => json!({ "conditions": conditions, "observedGeneration": self.random.below(4) }),
        }
    }
}

pub(crate) fn names(of: Of) -> (&'static str, &'static str) {
    match of {
        Of::Widget => ("compare.peerway.dev/v1", "Widget"),
        Of::Gadget => ("compare.peerway.dev/v1", "Gadget"),
        Of::Peering => ("peerway.dev/v1alpha1", "VPCPeering"),
        Of::Account => ("peerway.dev/v1alpha1", "AWSAccount"),
        Of::SubnetGroup => ("peerway.dev/v1alpha1", "OverlapSubnetGroup"),
        Of::Balancer => ("peerway.dev/v1alpha1", "ProxyLoadBalancer"),
        Of::Lease => ("coordination.k8s.io/v1", "Lease"),
        Of::Event => ("events.k8s.io/v1", "Event"),
    }
}
