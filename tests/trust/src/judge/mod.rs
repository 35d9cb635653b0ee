//! What counts as harm: a write that names anything foreign, by the one rule of ownership: what is ours carries our tags, or
//! points at something that does. Judged at the moment at which a write lands, against the world as it is then.

mod balancers;
mod write;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use peerway_memory_api::MemoryApi;
use peerway_memory_api::crash::Run;
use peerway_model::clock::since;
use peerway_model::{CidrBlock, Place, RouteTableId, Tags, Timestamp, ownership};
use peerway_sim::World;
use peerway_sim::estate::{Estate, Include, Peering};
use serde_json::Value;

pub use write::Write;

use crate::stage::Stage;
use crate::time;

/// What the world says of who made what our controller made.
const MAKER: &str = "assumed-role/peerway/";
/// How long before a route is taken away its target was read at the latest. What somebody does to it within this time is
/// lost: EC2 has no compare-and-set.
const WINDOW: Duration = Duration::from_secs(2);

/// How old a lease of 30 s is when less than 12 s of it are left: a write would outlive it.
const MOST_LEASE: Duration = Duration::from_secs(18);

/// Watches every write that lands in a world.
pub struct Judge {
    world: Arc<World>,
    api: MemoryApi,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    violations: Vec<String>,
    writes: Vec<(Timestamp, String)>,
    /// A life whose late call lands behind the next write.
    late: Option<Run>,
}

impl Judge {
    /// A judge of what happens on this stage.
    #[must_use]
    pub fn new(stage: &Stage) -> Arc<Self> {
        let (world, api) = (stage.world.clone(), stage.api.clone());
        Arc::new(Self { world, api, state: Mutex::default() })
    }

    /// What was done that must not be done.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Every write so far.
    #[must_use]
    pub fn writes(&self) -> Vec<(Timestamp, String)> {
        self.state().writes.clone()
    }

    /// When the last of them landed.
    #[must_use]
    pub fn last_write(&self) -> Option<Timestamp> {
        self.state().writes.last().map(|(at, _)| *at)
    }

    /// Lets the late call of `run` land behind the next write.
    pub fn deliver_behind_next_write(&self, run: Run) {
        self.state().late = Some(run);
    }

    /// A write sets out, so long after the life that makes it last renewed its lease.
    pub fn sets_out(&self, write: &Write, renewed: Option<Timestamp>) {
        let age = renewed.map(|at| since(time::now(), at));
        if age.is_none_or(|age| age > MOST_LEASE) {
            self.state().violations.push(format!("{write:?}: the lease is {age:?} old"));
        }
    }

    /// A write is about to land.
    pub fn before(&self, place: &Place, write: &Write) {
        let moment = time::now();
        self.state().writes.push((moment, format!("{write:?}")));
        let estate = self.estate();
        if let Err(problem) = self.check(&estate, place, write) {
            self.state().violations.push(format!("{moment}: {write:?}: {problem}"));
        }
    }

    /// A write has landed.
    pub async fn after(&self, write: &Write) {
        if let Write::RequestConnection { requester, accepter } = write {
            let estate = self.estate();
            let wanted = [requester.as_str(), accepter.as_str()];
            let live =
                |peering: &&Peering| is_ours(peering) && is_live(peering) && joins(peering, wanted);
            let count = estate.peerings.iter().filter(live).count();
            if count > 1 {
                self.state()
                    .violations
                    .push(format!("{count} connections of ours between {wanted:?}"));
            }
        }
        let late = self.state().late.take();
        if let Some(run) = late {
            run.deliver().await;
        }
    }

    fn check(&self, estate: &Estate, place: &Place, write: &Write) -> Result<(), String> {
        match write {
            Write::RequestConnection { .. }
            | Write::AuthorizeIngress { .. }
            | Write::CreateSubnet { .. }
            | Write::CreateRouteTable { .. }
            | Write::CreateSecurityGroup { .. } => Ok(()),
            Write::DeleteSubnet { subnet }
            | Write::AssociateBlock { subnet, .. }
            | Write::AssociateTable { subnet, .. } => self.subnet_is_ours(estate, subnet.as_str()),
            Write::ReplaceTable { subnet, .. } | Write::ReplaceAcl { subnet, .. } => {
                let subnet =
                    subnet.as_ref().ok_or("it replaces an association that was not read")?;
                self.subnet_is_ours(estate, subnet.as_str())
            }
            Write::DeleteRouteTable { table } => self.table_is_ours(estate, table.as_str()),
            Write::AcceptConnection { connection } => {
                self.ours_or_given(estate, connection.as_str())
            }
            Write::DeleteConnection { connection }
            | Write::SetDnsResolution { connection }
            | Write::CreateRoute { connection, .. } => ours(estate, connection.as_str()),
            Write::ReplaceRoute { table, destination, connection } => {
                ours(estate, connection.as_str())?;
                self.row_is_ours(estate, table, destination)
            }
            Write::DeleteRoute { table, destination } => {
                self.row_is_ours(estate, table, destination)
            }
            // Those that we made have the rules that are declared, and no others.
            Write::RevokeIngress { group, rule } => {
                balancers::group_is_ours(estate, group.as_str())
                    .or_else(|_| self.rule_is_ours(estate, rule.as_str()))
            }
            Write::CreateTags { id } | Write::DeleteTags { id } if id.starts_with("sg-") => {
                balancers::group_is_ours(estate, id)
            }
            Write::DeleteSecurityGroup { group } => {
                balancers::group_is_ours(estate, group.as_str())
            }
            Write::SetInterfaceGroups { instance, groups } => {
                balancers::only_ours_change(estate, instance.as_deref(), groups)
            }
            Write::CreateBalancer { name }
            | Write::ChangeBalancer { name, .. }
            | Write::DeleteBalancer { name }
            | Write::Attach { balancer: name, .. }
            | Write::Detach { balancer: name, .. } => self.balancer_is_ours(estate, place, name),
            Write::Deregister { name, instances } => {
                self.balancer_is_ours(estate, place, name)?;
                balancers::are_nobodys(estate, place, name, instances)
            }
            // Two leaders may both take our tags off what was adopted: the second takes off nothing.
            Write::CreateTags { id } | Write::DeleteTags { id } if id.starts_with("pcx-") => {
                self.ours_or_given(estate, id)
            }
            Write::CreateTags { id } | Write::DeleteTags { id } if id.starts_with("subnet-") => {
                self.subnet_is_ours(estate, id)
            }
            Write::CreateTags { id } | Write::DeleteTags { id } if id.starts_with("rtb-") => {
                self.table_is_ours(estate, id)
            }
            Write::CreateTags { id } | Write::DeleteTags { id } => self.rule_is_ours(estate, id),
        }
    }

    /// What an object names for adoption, or expects from the VPC of somebody else, may be made ours.
    fn ours_or_given(&self, estate: &Estate, id: &str) -> Result<(), String> {
        let found =
            estate.peerings.iter().find(|p| p.id.as_ref().is_some_and(|p| p.as_str() == id));
        let from = found.map(|peering| crate::end::vpc(&peering.requester));
        let objects = self.api.objects("vpcpeerings.peerway.dev");
        let is_given = objects.iter().map(|object| &object["spec"]).any(|spec| {
            spec["adopt"]["connectionID"] == *id
                || from.as_ref().is_some_and(|vpc| spec["requester"]["external"]["vpcID"] == **vpc)
        });
        if is_given { Ok(()) } else { ours(estate, id) }
    }

    /// What is not listed belongs to nobody.
    fn subnet_is_ours(&self, estate: &Estate, id: &str) -> Result<(), String> {
        let mut subnets = vpcs(estate).flat_map(|vpc| &vpc.subnets);
        let found = subnets.find(|subnet| subnet.id.as_ref().is_some_and(|it| it.as_str() == id));
        found.map_or(Ok(()), |subnet| self.made_or_given(id, subnet.made_by.as_ref()))
    }

    fn table_is_ours(&self, estate: &Estate, id: &str) -> Result<(), String> {
        let mut tables = vpcs(estate).flat_map(|vpc| &vpc.route_tables);
        let found = tables.find(|table| table.id.as_ref().is_some_and(|it| it.as_str() == id));
        found.map_or(Ok(()), |table| self.made_or_given(id, table.made_by.as_ref()))
    }

    /// What a group names for adoption is its own as what we made: tags alone prove nothing.
    fn made_or_given(&self, id: &str, made_by: Option<&String>) -> Result<(), String> {
        let groups = self.api.objects("overlapsubnetgroups.peerway.dev");
        let is_given = groups.iter().map(|object| &object["spec"]["adopt"]).any(|adopt| {
            let subnets = adopt["subnetIDs"].as_array().into_iter().flatten();
            adopt["routeTableID"] == *id || subnets.into_iter().any(|subnet| *subnet == *id)
        });
        if is_given || is_made_by_us(made_by) { Ok(()) } else { Err(format!("{id} is foreign")) }
    }

    fn row_is_ours(
        &self,
        estate: &Estate,
        table: &RouteTableId,
        destination: &CidrBlock,
    ) -> Result<(), String> {
        let destination = destination.to_string();
        let mut tables = vpcs(estate).flat_map(|vpc| &vpc.route_tables);
        let found = tables.find(|known| known.id.as_ref() == Some(table));
        // In a table that we made, what we want is ours wherever somebody pointed it.
        if found.is_some_and(|table| is_made_by_us(table.made_by.as_ref())) {
            return Ok(());
        }
        let row = found.and_then(|t| t.routes.iter().find(|row| row.destination == destination));
        let Some(row) = row else { return Ok(()) };
        let verdict = ours(estate, &row.target);
        let is_touched = || [table.as_str(), &row.target].map(|id| self.was_touched_lately(id));
        if verdict.is_err() && is_touched().contains(&true) {
            return Ok(());
        }
        verdict.map_err(|problem| format!("the row leads to {}: {problem}", row.target))
    }

    /// What an object names for adoption is its own as what we made.
    fn rule_is_ours(&self, estate: &Estate, id: &str) -> Result<(), String> {
        let mut rules =
            vpcs(estate).flat_map(|vpc| &vpc.security_groups).flat_map(|group| &group.ingress);
        let found = rules.find(|rule| rule.id.as_ref().is_some_and(|known| known.as_str() == id));
        // What is not listed belongs to nobody. Tags alone prove nothing: they can be copied by hand.
        let is_ours = found.is_none_or(|rule| is_made_by_us(rule.made_by.as_ref()));
        let objects = self.api.objects("vpcpeerings.peerway.dev");
        let named = |object: &Value| object["spec"]["adopt"]["securityGroupRuleIDs"].clone();
        let is_given = || {
            objects
                .iter()
                .map(named)
                .any(|ids| ids.as_array().is_some_and(|ids| ids.contains(&id.into())))
        };
        if is_ours || is_given() { Ok(()) } else { Err(format!("{id} is foreign")) }
    }

    /// Whether somebody else changed a thing within the window.
    fn was_touched_lately(&self, id: &str) -> bool {
        let ledger = self.world.ledger();
        let lately =
            ledger.iter().rev().take_while(|call| since(time::now(), call.world_time) <= WINDOW);
        lately
            .filter(|call| call.is_applied_write())
            .filter(|call| !call.principal.as_deref().is_some_and(|who| who.contains(MAKER)))
            .any(|call| call.summary.contains(id))
    }

    fn estate(&self) -> Estate {
        self.world.estate_with(Include {
            makers: true,
            ended_connections: true,
            ..Include::default()
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }
}

/// Every VPC of an estate.
pub fn vpcs(estate: &Estate) -> impl Iterator<Item = &peerway_sim::estate::Vpc> {
    let regions = estate.accounts.values().flat_map(|account| account.regions.values());
    regions.flat_map(|region| &region.vpcs)
}

fn carries_our_tags(tags: &Tags) -> bool {
    tags.contains_key(ownership::CLUSTER)
}

/// Whether we made it: our tags may be taken off by hand.
pub(crate) fn is_made_by_us(maker: Option<&String>) -> bool {
    maker.is_some_and(|maker| maker.contains(MAKER))
}

pub(crate) fn is_live(peering: &Peering) -> bool {
    let ended = ["deleting", "deleted", "rejected", "failed", "expired"];
    !peering.status.as_deref().is_some_and(|status| ended.contains(&status))
}

pub(crate) fn is_ours(peering: &Peering) -> bool {
    carries_our_tags(&peering.tags.requester)
        || carries_our_tags(&peering.tags.accepter)
        || is_made_by_us(peering.made_by.as_ref())
}

pub(crate) fn joins(peering: &Peering, wanted: [&str; 2]) -> bool {
    let mut ends = [crate::end::vpc(&peering.requester), crate::end::vpc(&peering.accepter)];
    let mut wanted = wanted.map(str::to_owned);
    ends.sort();
    wanted.sort();
    ends == wanted
}

fn ours(estate: &Estate, connection: &str) -> Result<(), String> {
    let found = estate
        .peerings
        .iter()
        .find(|peering| peering.id.as_ref().is_some_and(|id| id.as_str() == connection));
    match found {
        Some(peering) if !is_ours(peering) => Err(format!("{connection} is foreign")),
        Some(_) => Ok(()),
        // What is no longer listed belongs to nobody; what never was a connection is foreign.
        None if connection.starts_with("pcx-") => Ok(()),
        None => Err(format!("{connection} is foreign")),
    }
}
