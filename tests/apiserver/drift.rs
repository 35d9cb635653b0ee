//! Somebody changes, by hand and in AWS, what is ours: it is repaired within one resync, whatever it is, and said.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use k8s_openapi::api::events::v1::Event;
use kube::api::ListParams;
use kube::{Api, Client};
use peerway_sim::World;
use peerway_sim::ec2::peerings::{
    DeleteVpcPeeringConnection, ModifyVpcPeeringConnectionOptions, NewPeeringOptions,
};
use peerway_sim::ec2::route_tables::DeleteRoute;
use peerway_sim::ec2::security_groups::RevokeSecurityGroupIngress;
use peerway_sim::ec2::tags::DeleteTags;
use peerway_sim::estate::Peering;
use peerway_tests::Environment;
use peerway_tests::api_server::ADMIN;
use peerway_tests::environment::example;
use peerway_tests::in_process::world;

use crate::objects::{
    account, by_hand, create, delete_account, delete_peerings, is_ready, namespace, peering, until,
};

const NAMESPACE: &str = "drift";
const RESYNC: Duration = Duration::from_secs(2);
/// One resync with its jitter, and time for the repair: a connection is made anew in several calls.
const REPAIRED: Duration = Duration::from_secs(5);

/// What somebody does, and what the event about its repair says.
struct Drift {
    name: &'static str,
    act: fn(&World, &Ours),
    told: &'static str,
}

/// Our things, as they stand in the world.
struct Ours {
    connection: String,
    rule: String,
}

fn drifts() -> Vec<Drift> {
    vec![
        Drift {
            name: "a route of the requester is deleted",
            act: |world, _| delete_route(world, "rtb-7122e509", "172.20.0.0/22"),
            told: "route 172.20.0.0/22 in rtb-7122e509: missing -> pcx-",
        },
        Drift {
            name: "a route of the accepter is deleted",
            act: |world, _| delete_route(world, "rtb-8c4492f7", "10.50.0.0/21"),
            told: "route 10.50.0.0/21 in rtb-8c4492f7: missing -> pcx-",
        },
        Drift {
            name: "DNS resolution is switched off",
            act: |world, ours| {
                by_hand(
                    world,
                    ModifyVpcPeeringConnectionOptions {
                        vpc_peering_connection_id: ours.connection.clone(),
                        requester_peering_connection_options: Some(NewPeeringOptions {
                            allow_dns_resolution_from_remote_vpc: Some(false),
                        }),
                        ..ModifyVpcPeeringConnectionOptions::default()
                    },
                );
            },
            told: "requester.dnsResolution: false -> true",
        },
        Drift {
            name: "the rule is revoked",
            act: |world, ours| {
                by_hand(
                    world,
                    RevokeSecurityGroupIngress {
                        group_id: Some("sg-0e1b0001".to_owned()),
                        security_group_rule_ids: vec![ours.rule.clone()],
                        ..RevokeSecurityGroupIngress::default()
                    },
                );
            },
            told: "ingress of sg-0e1b0001: missing -> tcp 0-65535 from sg-dee0b1ae",
        },
        Drift {
            name: "the connection's tags are stripped",
            act: |world, ours| strip_tags(world, &ours.connection),
            told: "tags of pcx-",
        },
        Drift {
            name: "the rule's tags are stripped",
            act: |world, ours| strip_tags(world, &ours.rule),
            told: "tags of sgr-",
        },
        Drift {
            name: "the connection is deleted",
            act: |world, ours| {
                by_hand(
                    world,
                    DeleteVpcPeeringConnection {
                        vpc_peering_connection_id: ours.connection.clone(),
                        ..DeleteVpcPeeringConnection::default()
                    },
                );
            },
            told: "connection: gone -> requested from vpc-ce78dbb7 to vpc-641fee1c",
        },
    ]
}

fn delete_route(world: &World, table: &str, destination: &str) {
    by_hand(
        world,
        DeleteRoute {
            route_table_id: table.to_owned(),
            destination_cidr_block: Some(destination.to_owned()),
            ..DeleteRoute::default()
        },
    );
}

fn strip_tags(world: &World, id: &str) {
    by_hand(world, DeleteTags { resource_ids: vec![id.to_owned()], ..DeleteTags::default() });
}

fn our_connection(world: &World) -> Option<Peering> {
    let is_ours = |peering: &Peering| peering.tags.requester.contains_key("peerway.dev/owner");
    world.estate().peerings.into_iter().find(is_ours)
}

/// What is ours, as far as it is in place: connection, tags, DNS resolution, routes, rule.
fn in_place(world: &World) -> Option<Ours> {
    let peering = our_connection(world)?;
    let connection = peering.id.as_ref()?.to_string();
    let estate = world.estate();
    let vpcs: Vec<_> = estate
        .accounts
        .values()
        .flat_map(|account| account.regions.values())
        .flat_map(|region| &region.vpcs)
        .collect();
    let is_routed = |table: &str, destination: &str| {
        vpcs.iter().flat_map(|vpc| &vpc.route_tables).any(|known| {
            known.id.as_ref().is_some_and(|id| id.as_str() == table)
                && known.routes.iter().any(|row| {
                    row.destination == destination && row.target == connection && !row.gone
                })
        })
    };
    let rule = vpcs
        .iter()
        .flat_map(|vpc| &vpc.security_groups)
        .flat_map(|group| &group.ingress)
        .find(|rule| rule.tags.contains_key("peerway.dev/owner"))?;
    let is_in_place = peering.status.is_none()
        && peering.dns_resolution.requester
        && is_routed("rtb-7122e509", "172.20.0.0/22")
        && is_routed("rtb-8c4492f7", "10.50.0.0/21");
    is_in_place.then(|| Ours {
        connection,
        rule: rule.id.as_ref().map(ToString::to_string).unwrap_or_default(),
    })
}

async fn until_told(client: &Client, words: &str) -> anyhow::Result<()> {
    let events: Api<Event> = Api::namespaced(client.clone(), NAMESPACE);
    let deadline = Instant::now() + REPAIRED;
    loop {
        let listed = events.list(&ListParams::default()).await?;
        let notes: Vec<String> = listed.items.into_iter().filter_map(|event| event.note).collect();
        if notes.iter().any(|note| note.contains(words)) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("no event says {words:?}: {notes:#?}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn repaired(world: &World) -> anyhow::Result<Ours> {
    let deadline = Instant::now() + REPAIRED;
    loop {
        if let Some(ours) = in_place(world) {
            return Ok(ours);
        }
        if Instant::now() > deadline {
            bail!("not repaired within {REPAIRED:?}:\n{}", world.estate().to_yaml()?);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn every_kind_of_drift_is_repaired_within_one_resync_and_told(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    namespace(&client, NAMESPACE).await?;
    let controller = environment.start_in_process(world(&golden), RESYNC).await?;
    let world = controller.world.clone();
    let before = world.estate();
    create(&client, &account("drift", &[NAMESPACE]), false).await?;
    create(&client, &peering(NAMESPACE, "drift", "drift"), false).await?;
    until(&client, NAMESPACE, "drift", "Ready", is_ready).await?;
    for drift in drifts() {
        let ours = repaired(&world).await?;
        (drift.act)(&world, &ours);
        ensure!(
            in_place(&world).is_none(),
            "{} changes nothing that this test would see",
            drift.name
        );
        repaired(&world).await.context(drift.name)?;
        until_told(&client, drift.told).await.context(drift.name)?;
    }
    until(&client, NAMESPACE, "drift", "Ready", is_ready).await?;
    delete_peerings(&client, NAMESPACE).await?;
    delete_account(&client, "drift").await?;
    let differences = peerway_sim::Estate::diff(&before, &world.estate());
    ensure!(differences.is_empty(), "{differences:?}");
    controller.stop().await;
    Ok(())
}
