//! What the simulated AWS does, noun by noun, seen through `World::call` and both fronts.
#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

mod associations;
mod autoscaling;
mod dependencies;
mod elb;
mod elb_health;
mod estate;
mod estate_balancers;
mod example_estates;
mod front;
mod gateways;
mod host_properties;
mod http;
mod identity;
mod instances;
mod launch_templates;
mod network_acls;
mod network_interfaces;
mod paging;
mod peerings;
mod prefix_lists;
mod properties;
mod repetition;
mod routes;
mod security_groups;
mod support;
mod tags;
mod two_fronts;
mod vpcs;
mod weather;
