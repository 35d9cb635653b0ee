//! The stage of a scenario: a world, an API server with Peerway's resources, and the hands of those who use them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt;
use http::Request;
use kube::client::Body;
use peerway_memory_api::MemoryApi;
use peerway_model::{
    self as model, ConnectionId, Region, RouteTableId, SecurityGroupId, SecurityGroupRuleId,
    SubnetId, Timestamp,
};
use peerway_sim::ec2::Tag;
use peerway_sim::ec2::peerings::DeleteVpcPeeringConnection;
use peerway_sim::ec2::subnets::DeleteSubnet;
use peerway_sim::ec2::tags::DeleteTags;
use peerway_sim::elb::DeleteLoadBalancer;
use peerway_sim::estate::{Include, LoadBalancer, Peering};
use peerway_sim::{
    Action, Caller, Entry, Estate, Request as AwsRequest, Settings, SimClock, World,
};
use serde_json::{Value, json};

use crate::judge::{self, is_made_by_us};
use crate::{rights, time};

const DEFINITIONS: [&str; 4] = [
    include_str!("../../../deploy/crds/peerway.dev_awsaccounts.yaml"),
    include_str!("../../../deploy/crds/peerway.dev_overlapsubnetgroups.yaml"),
    include_str!("../../../deploy/crds/peerway.dev_proxyloadbalancers.yaml"),
    include_str!("../../../deploy/crds/peerway.dev_vpcpeerings.yaml"),
];
/// Every kind of ours, as the API server names them.
pub const KINDS: [&str; 4] = [
    "awsaccounts.peerway.dev",
    "vpcpeerings.peerway.dev",
    "overlapsubnetgroups.peerway.dev",
    "proxyloadbalancers.peerway.dev",
];
/// The namespace of everything that is peered here.
pub const NAMESPACE: &str = "analytics";

/// A world and an API server at a moment.
pub struct Stage {
    /// The world.
    pub world: Arc<World>,
    /// The API server.
    pub api: MemoryApi,
    /// The estate that everything began with.
    pub beginning: Arc<Estate>,
    at: Timestamp,
    /// Whether the second step of a scenario has been taken.
    has_gone_on: AtomicBool,
}

impl Stage {
    /// A stage on which `estate` stands and nothing has happened. Its roles may do what Peerway's policy for acting
    /// allows; all of it, or all but one action.
    ///
    /// # Panics
    /// When the estate does not hold together.
    #[must_use]
    pub fn new(estate: &str, without: Option<model::Action>) -> Self {
        time::set(time::beginning());
        let mut estate = Estate::from_yaml(estate).expect("the estate can be read");
        rights::enforce(&mut estate, without);
        let settings = Settings { clock: SimClock::real(time::clock()), ..Settings::default() };
        let world = World::new(&estate, settings).expect("the estate holds together");
        let api = MemoryApi::new(time::clock());
        for definition in DEFINITIONS {
            let definition = serde_saphyr::from_str(definition).expect("it was generated");
            api.register(&definition).expect("it can be served");
        }
        api.add_namespace(NAMESPACE);
        let beginning = Arc::new(world.estate());
        Self {
            world: Arc::new(world),
            api,
            beginning,
            at: time::now(),
            has_gone_on: AtomicBool::default(),
        }
    }

    /// A second stage that is what this one is now. Time on this thread is as it was then.
    #[must_use]
    pub fn fork(&self) -> Self {
        self.fork_with(|_| ())
    }

    /// The same, with a world of other settings.
    #[must_use]
    pub fn fork_with(&self, change: impl FnOnce(&mut Settings)) -> Self {
        time::set(self.at);
        let world = Arc::new(self.world.fork_with(change));
        Self {
            world,
            api: self.api.fork(),
            beginning: self.beginning.clone(),
            at: self.at,
            has_gone_on: AtomicBool::default(),
        }
    }

    /// Whether this is the first time that it is asked.
    pub(crate) fn goes_on(&self) -> bool {
        !self.has_gone_on.swap(true, Ordering::Relaxed)
    }

    /// Whether that has been asked.
    pub(crate) fn has_gone_on(&self) -> bool {
        self.has_gone_on.load(Ordering::Relaxed)
    }

    /// From here on, forks begin at the present moment.
    pub fn mark(&mut self) {
        self.at = time::now();
    }

    /// Applies the objects of a file.
    ///
    /// # Panics
    /// When the API server does not take them.
    pub fn apply(&self, manifests: &str) {
        self.apply_those(manifests, |_| true);
    }

    /// Applies the objects of a file that are of this kind.
    ///
    /// # Panics
    /// When the API server does not take them.
    pub fn apply_kind(&self, manifests: &str, kind: &str) {
        self.apply_those(manifests, |object| object["kind"] == kind);
    }

    /// Applies the objects of a file that are of this kind, changed.
    ///
    /// # Panics
    /// When the API server does not take them.
    pub fn apply_changed(&self, manifests: &str, kind: &str, change: impl Fn(&mut Value)) {
        self.apply_each(manifests, |object| {
            let is_wanted = object["kind"] == kind;
            change(object);
            is_wanted
        });
    }

    fn apply_those(&self, manifests: &str, wanted: impl Fn(&Value) -> bool) {
        self.apply_each(manifests, |object| wanted(object));
    }

    fn apply_each(&self, manifests: &str, wanted: impl Fn(&mut Value) -> bool) {
        for document in manifests.split("\n---\n") {
            let mut object: Value = serde_saphyr::from_str(document).expect("it is YAML");
            if !wanted(&mut object) {
                continue;
            }
            let name = object["metadata"]["name"].as_str().expect("it has a name").to_owned();
            let kind = object["kind"].as_str().expect("it has a kind");
            let uri = format!("{}/{name}?fieldManager=user&force=true", collection(kind));
            self.request("PATCH", &uri, "application/apply-patch+yaml", &object);
        }
    }

    /// Changes the spec of a peering.
    ///
    /// # Panics
    /// When the API server does not take it.
    pub fn edit(&self, name: &str, change: impl Fn(&mut Value)) {
        self.rewrite("VPCPeering", name, |object| change(&mut object["spec"]));
    }

    /// An object as it stands.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn object(&self, kind: &str, name: &str) -> Value {
        let uri = format!("{}/{name}", collection(kind));
        self.request("GET", &uri, "application/json", &Value::Null)
    }

    /// Changes an object.
    ///
    /// # Panics
    /// When the API server does not take it.
    pub fn rewrite(&self, kind: &str, name: &str, change: impl Fn(&mut Value)) {
        let uri = format!("{}/{name}", collection(kind));
        let mut object = self.object(kind, name);
        change(&mut object);
        self.request("PUT", &uri, "application/json", &object);
    }

    /// Changes the status of an object by another hand than the controller's.
    ///
    /// # Panics
    /// When the API server does not take it.
    pub fn restate(&self, kind: &str, name: &str, change: impl Fn(&mut Value)) {
        let uri = format!("{}/{name}", collection(kind));
        let mut object = self.object(kind, name);
        change(&mut object["status"]);
        self.request("PUT", &format!("{uri}/status"), "application/json", &object);
    }

    /// Changes the spec of a peering in a while; within a life.
    ///
    /// # Panics
    /// When the API server does not take it.
    pub fn edit_later(&self, name: &'static str, delay: Duration, change: fn(&mut Value)) {
        self.later(delay, move |user| user.edit(name, change));
    }

    /// Something happens in a while; within a life.
    pub fn later(&self, delay: Duration, happens: impl FnOnce(&Self) + Send + 'static) {
        let user = self.user();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            happens(&user);
        });
    }

    /// The same stage, for somebody else to act on.
    fn user(&self) -> Self {
        let (world, api) = (self.world.clone(), self.api.clone());
        let has_gone_on = AtomicBool::default();
        Self { world, api, beginning: self.beginning.clone(), at: self.at, has_gone_on }
    }

    /// Deletes an object.
    ///
    /// # Panics
    /// When the API server does not take it.
    pub fn delete(&self, kind: &str, name: &str) {
        let uri = format!("{}/{name}", collection(kind));
        self.request("DELETE", &uri, "application/json", &json!({}));
    }

    /// Takes an object away with its finalizers, as a restored cluster does.
    ///
    /// # Panics
    /// When the API server does not take it.
    pub fn lose(&self, kind: &str, name: &str) {
        self.delete(kind, name);
        let uri = format!("{}/{name}", collection(kind));
        let patch = json!({ "metadata": { "finalizers": null } });
        self.request("PATCH", &uri, "application/merge-patch+json", &patch);
    }

    /// Takes our finalizers off an object that is not being deleted, as somebody might whose deletion of something hangs.
    ///
    /// # Panics
    /// When the API server does not take it.
    pub fn take_finalizers_off(&self, kind: &str, name: &str) {
        self.rewrite(kind, name, |object| {
            if object["metadata"]["deletionTimestamp"].is_null() {
                object["metadata"]["finalizers"] = json!([]);
            }
        });
    }

    /// Deletes an object in a while, and makes it again under its name as soon as it is gone; within a life.
    ///
    /// # Panics
    /// When the API server does not take it.
    pub fn remake_later(&self, kind: &'static str, name: String, delay: Duration) {
        let user = self.user();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let old = user.object(kind, &name);
            user.delete(kind, &name);
            while user.subjects().contains(&(kind, name.clone())) {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let field = |field: &str| old["metadata"][field].clone();
            let metadata = json!({ "name": name, "namespace": NAMESPACE, "labels": field("labels"), "annotations": field("annotations") });
            let new = json!({ "apiVersion": old["apiVersion"], "kind": kind, "metadata": metadata, "spec": old["spec"] });
            user.request("POST", &collection(kind), "application/json", &new);
        });
    }

    fn request(&self, method: &str, uri: &str, content_type: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header("content-type", content_type)
            .body(Body::from(body.into_bytes()))
            .expect("it is a request");
        let response = self.api.answer(request).now_or_never().expect("answers are there at once");
        let status = response.status();
        let body = http_body_util::BodyExt::collect(response.into_body())
            .now_or_never()
            .expect("answers are there at once")
            .expect("nothing breaks in memory")
            .to_bytes();
        assert!(status.is_success(), "{method} {uri}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("answers are JSON")
    }

    /// Makes a call as the root of an account.
    ///
    /// # Panics
    /// When AWS refuses it.
    pub fn hand<R: AwsRequest>(&self, account: &str, region: &str, request: R) -> R::Reply {
        let (account, region) = (account.parse().expect("it is one"), region.parse::<Region>());
        let caller = Caller::root(&account, &region.expect("it is one"));
        // The weather is not for them.
        let pending = self.world.pending_faults();
        self.world.clear_faults();
        let reply = self.world.ask(&caller, request);
        for fault in pending {
            self.world.inject(fault);
        }
        reply.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// The root of an account makes a call, that long after AWS has taken the next call of `action`.
    ///
    /// # Panics
    /// When AWS refuses it.
    pub fn hand_upon<R: AwsRequest + Send + 'static>(
        &self,
        action: Action,
        delay: Duration,
        account: &'static str,
        region: &'static str,
        request: R,
    ) {
        let (user, before) = (self.user(), self.world.ledger().len());
        tokio::spawn(async move {
            let came = || {
                let ledger = user.world.ledger();
                ledger.iter().skip(before).any(|call| call.action == action.name())
            };
            while !came() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            tokio::time::sleep(delay).await;
            user.hand(account, region, request);
        });
    }

    /// The connection that we made.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn connection(&self) -> String {
        let estate = self.world.estate();
        let ours = estate.peerings.iter().find(|peering| judge::is_ours(peering));
        ours.and_then(|peering| peering.id.as_ref()).expect("there is one").to_string()
    }

    /// The connection between two VPCs that lives or may come to live.
    #[must_use]
    pub fn connection_between(&self, ends: [&str; 2]) -> Option<(String, bool)> {
        let estate = self.world.estate();
        let mut found = estate.peerings.iter().filter(|p| judge::joins(p, ends));
        let found = found.find(|peering| judge::is_live(peering))?;
        let is_pending = found.status.as_deref() == Some("pending-acceptance");
        Some((found.id.as_ref()?.to_string(), is_pending))
    }

    /// Whether a table has a route to this destination.
    #[must_use]
    pub fn has_route(&self, table: &str, destination: &str) -> bool {
        let estate = self.world.estate();
        judge::vpcs(&estate)
            .flat_map(|vpc| &vpc.route_tables)
            .filter(|known| known.id.as_ref().is_some_and(|id| id.as_str() == table))
            .any(|table| table.routes.iter().any(|route| route.destination == destination))
    }

    /// The rules that we wrote, with their groups.
    #[must_use]
    pub fn rules(&self) -> Vec<(String, String)> {
        let estate = self.world.estate();
        let regions = estate.accounts.values().flat_map(|account| account.regions.values());
        let groups = regions.flat_map(|r| &r.vpcs).flat_map(|vpc| &vpc.security_groups);
        groups
            .flat_map(|group| group.ingress.iter().map(move |rule| (group, rule)))
            .filter(|(_, rule)| !rule.tags.is_empty())
            .filter_map(|(group, rule)| Some((group.id.as_ref()?, rule.id.as_ref()?)))
            .map(|(group, rule)| (group.to_string(), rule.to_string()))
            .collect()
    }

    /// Every object of a kind that is Ready at its generation, by name; whether all are.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let kinds = KINDS;
        kinds.into_iter().flat_map(|kind| self.api.objects(kind)).all(|object| {
            let is_current =
                object["status"]["observedGeneration"] == object["metadata"]["generation"];
            is_current && condition(&object, "Ready").as_deref() == Some("True")
        })
    }

    /// Whether nothing is left that owns things in AWS.
    #[must_use]
    pub fn has_no_subject(&self) -> bool {
        self.subjects().is_empty()
    }

    /// The number of the last call that the world has answered.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.world.calls()
    }

    /// The calls behind number `seq` that a policy did not allow.
    #[must_use]
    pub fn refused_since(&self, seq: u64) -> Vec<String> {
        rights::refused(&self.world.ledger(), seq)
    }

    /// What the objects note in their status of what is theirs, as one text.
    #[must_use]
    pub fn noted(&self) -> String {
        // These may speak of anything.
        let words = ["conditions", "warnings", "peerActions", "waitingFor"];
        let objects = KINDS.into_iter().flat_map(|kind| self.api.objects(kind));
        let statuses = objects.filter_map(|mut object| object["status"].as_object_mut().cloned());
        statuses
            .map(|mut status| {
                status.retain(|field, _| !words.contains(&field.as_str()));
                Value::Object(status).to_string()
            })
            .collect()
    }

    /// What of ours is left in AWS. What lost our tags before its id was noted anywhere is nobody's: no controller could
    /// tell it from what somebody else made.
    #[must_use]
    pub fn left(&self, noted: &str) -> Vec<String> {
        let estate = self.world.estate_with(Include {
            makers: true,
            ended_connections: true,
            ..Include::default()
        });
        let is_known = |is_tagged: bool, id: Option<&str>| is_known(noted, is_tagged, id);
        let is_left = |maker: Option<&String>, is_tagged: bool, id: Option<&str>| {
            is_made_by_us(maker) && is_known(is_tagged, id)
        };
        let written = self.routes_written();
        let is_ours = |peering: &&Peering| {
            let tags = [&peering.tags.requester, &peering.tags.accepter];
            let is_tagged = tags.iter().any(|tags| !tags.is_empty());
            judge::is_ours(peering)
                && is_known(is_tagged, peering.id.as_ref().map(ConnectionId::as_str))
        };
        let ours: Vec<_> = estate.peerings.iter().filter(is_ours).collect();
        let live = ours.iter().filter(|peering| judge::is_live(peering));
        let mut left: Vec<String> =
            live.map(|peering| format!("{:?} is left: {:?}", peering.id, peering.status)).collect();
        let regions = estate.accounts.values().flat_map(|account| account.regions.values());
        for balancer in regions.flat_map(|region| &region.load_balancers) {
            let reached = reached(balancer);
            if is_left(balancer.made_by.as_ref(), !balancer.tags.is_empty(), Some(&reached)) {
                left.push(format!("{} is left", balancer.name));
            }
        }
        for vpc in judge::vpcs(&estate) {
            for group in &vpc.security_groups {
                let id = group.id.as_ref().map(SecurityGroupId::as_str);
                let is_tagged = !group.tags.is_empty();
                if is_left(group.made_by.as_ref(), is_tagged, id) {
                    left.push(format!("{:?} is left", group.id));
                }
                // A group of ours that lost its tags before anything noted its id is nobody's, and its rules with it: tags
                // on a rule that no record knows may have been copied there.
                if is_made_by_us(group.made_by.as_ref()) && !is_known(is_tagged, id) {
                    continue;
                }
                let rules = group.ingress.iter().filter(|rule| {
                    let id = rule.id.as_ref().map(SecurityGroupRuleId::as_str);
                    is_left(rule.made_by.as_ref(), !rule.tags.is_empty(), id)
                });
                left.extend(rules.map(|rule| format!("rule {:?} is left", rule.id)));
            }
            let subnets = vpc.subnets.iter().filter(|subnet| {
                let id = subnet.id.as_ref().map(SubnetId::as_str);
                is_left(subnet.made_by.as_ref(), !subnet.tags.is_empty(), id)
            });
            left.extend(subnets.map(|subnet| format!("{:?} is left", subnet.id)));
            for table in &vpc.route_tables {
                let id = table.id.as_ref().map(RouteTableId::as_str);
                if is_left(table.made_by.as_ref(), !table.tags.is_empty(), id) {
                    left.push(format!("{:?} is left", table.id));
                }
                let rows = table.routes.iter().filter(|row| {
                    // Over a connection that somebody else made only what we wrote goes with it.
                    ours.iter().any(|peering| {
                        peering.id.as_ref().is_some_and(|id| id.as_str() == row.target)
                            && (is_made_by_us(peering.made_by.as_ref())
                                || written.iter().any(|summary| {
                                    summary.contains(id.unwrap_or_default())
                                        && summary.contains(&row.destination)
                                }))
                    })
                });
                left.extend(rows.map(|row| format!("{row:?} is left in {:?}", table.id)));
            }
        }
        left
    }

    /// Takes away the subnets and load balancers that [nobody owns any more](Self::left), as somebody would who reads what
    /// stands in whose way: a group's table is not taken apart under a subnet that is not the group's, nor does a security
    /// group go that a load balancer carries.
    pub fn clear_strays(&self, noted: &str) {
        self.take_copies_off();
        let estate = self.world.estate_with(Include { makers: true, ..Include::default() });
        let is_stray = |peering: &&Peering| {
            let tags = [&peering.tags.requester, &peering.tags.accepter];
            let is_tagged = tags.iter().any(|tags| !tags.is_empty());
            let id = peering.id.as_ref().map(ConnectionId::as_str);
            is_made_by_us(peering.made_by.as_ref()) && !is_known(noted, is_tagged, id)
        };
        let strays: Vec<String> = estate
            .peerings
            .iter()
            .filter(is_stray)
            .filter_map(|peering| peering.id.as_ref().map(ToString::to_string))
            .collect();
        let regions = estate.accounts.iter().flat_map(|(account, content)| {
            content.regions.iter().map(move |(region, regional)| (account, region, regional))
        });
        for (account, region, regional) in regions {
            let root = Caller::root(account, region);
            for id in &strays {
                // One of its ends is here, or not.
                let vpc_peering_connection_id = id.clone();
                let delete =
                    DeleteVpcPeeringConnection { vpc_peering_connection_id, dry_run: None };
                drop(self.world.ask(&root, delete));
            }
            for balancer in &regional.load_balancers {
                let is_tagged = !balancer.tags.is_empty();
                let is_known = is_known(noted, is_tagged, Some(&reached(balancer)));
                if is_made_by_us(balancer.made_by.as_ref()) && !is_known {
                    let load_balancer_name = balancer.name.clone();
                    drop(self.world.ask(&root, DeleteLoadBalancer { load_balancer_name }));
                }
            }
            for subnet in regional.vpcs.iter().flat_map(|vpc| &vpc.subnets) {
                let Some(id) = &subnet.id else { continue };
                let is_known = is_known(noted, !subnet.tags.is_empty(), Some(id.as_str()));
                if is_made_by_us(subnet.made_by.as_ref()) && !is_known {
                    let delete = DeleteSubnet { subnet_id: id.to_string(), dry_run: None };
                    // One that is used stays.
                    drop(self.world.ask(&root, delete));
                }
            }
        }
    }

    /// Takes our tags off what was there before us and got them by another hand, and off connections, which may be others'
    /// of ours: those get their own again.
    fn take_copies_off(&self) {
        let before = self.beginning.to_yaml().expect("an estate has a text");
        let is_copying = |call: &Entry| {
            let is_ours = is_made_by_us(call.principal.as_ref().map(ToString::to_string).as_ref());
            call.was_applied && call.action == "CreateTags" && !is_ours
        };
        for call in self.world.ledger().into_iter().filter(is_copying) {
            let id = call.summary.strip_prefix("ResourceId.1=").and_then(|it| it.split(' ').next());
            let (Some(id), Some(account)) = (id, &call.account) else { continue };
            let is_elsewhere = before.contains(id) || id.starts_with("pcx-");
            if call.summary.contains("peerway.dev/") && is_elsewhere {
                let tag = |key: &str| Tag { key: format!("peerway.dev/{key}"), value: None };
                let tags = ["cluster", "origin", "owner", "owner-uid"].map(tag).to_vec();
                let resource_ids = vec![id.to_owned()];
                let delete = DeleteTags { resource_ids, tags, ..DeleteTags::default() };
                drop(self.world.ask(&Caller::root(account, &call.region), delete));
            }
        }
    }

    /// What routes we wrote were written with.
    fn routes_written(&self) -> Vec<String> {
        let is_ours = |call: &Entry| {
            call.was_applied
                && ["CreateRoute", "ReplaceRoute"].contains(&&*call.action)
                && is_made_by_us(call.principal.as_ref().map(ToString::to_string).as_ref())
        };
        let ledger = self.world.ledger().into_iter();
        ledger.filter(is_ours).map(|call| call.summary).collect()
    }

    /// Everything that owns things in AWS: kind and name.
    #[must_use]
    pub fn subjects(&self) -> Vec<(&'static str, String)> {
        let of = |kind, plural| {
            let all = self.api.objects(plural).into_iter();
            all.filter_map(move |object| {
                Some((kind, object["metadata"]["name"].as_str()?.to_owned()))
            })
        };
        of("VPCPeering", "vpcpeerings.peerway.dev")
            .chain(of("OverlapSubnetGroup", "overlapsubnetgroups.peerway.dev"))
            .chain(of("ProxyLoadBalancer", "proxyloadbalancers.peerway.dev"))
            .collect()
    }

    /// What the objects say of themselves, for complaints.
    #[must_use]
    pub fn words(&self) -> String {
        let kinds = KINDS;
        let objects = kinds.into_iter().flat_map(|kind| self.api.objects(kind));
        let words: Vec<String> = objects
            .map(|object| {
                let conditions: BTreeMap<&str, String> = object["status"]["conditions"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|c| {
                        let words = format!("{} {} {}", c["status"], c["reason"], c["message"]);
                        Some((c["type"].as_str()?, words))
                    })
                    .collect();
                format!("{}: {conditions:?}", object["metadata"]["name"])
            })
            .collect();
        let refused = self.refused_since(0);
        format!("{}; {}", words.join("; "), refused.join("; "))
    }
}

/// Whether a controller could tell it from what somebody else made: by its tags, or because a status noted its id.
fn is_known(noted: &str, is_tagged: bool, id: Option<&str>) -> bool {
    is_tagged || id.is_some_and(|id| noted.contains(id))
}

/// How the name begins under which clients reach a balancer: its own name could be another's.
fn reached(balancer: &LoadBalancer) -> String {
    format!("internal-{}-", balancer.name)
}

fn condition(object: &Value, kind: &str) -> Option<String> {
    let conditions = object["status"]["conditions"].as_array()?;
    let found = conditions.iter().find(|condition| condition["type"] == kind)?;
    Some(found["status"].as_str()?.to_owned())
}

fn collection(kind: &str) -> String {
    let plural = match kind {
        "AWSAccount" => return "/apis/peerway.dev/v1alpha1/awsaccounts".to_owned(),
        "Namespace" => return "/api/v1/namespaces".to_owned(),
        "OverlapSubnetGroup" => "overlapsubnetgroups",
        "ProxyLoadBalancer" => "proxyloadbalancers",
        _ => "vpcpeerings",
    };
    format!("/apis/peerway.dev/v1alpha1/namespaces/{NAMESPACE}/{plural}")
}
