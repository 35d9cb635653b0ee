//! How listeners come to be others without a port that is cut off for longer than AWS makes it.

use std::collections::BTreeSet;

use peerway_model::{Listener, LoadBalancer};

use super::scene::Scene;
use super::settings::Settings;
use super::step::{Call, Step};

/// How listeners come to be others. AWS changes none in place, and refuses one to an instance port to which another one
/// sends in the other way, encrypted or in the clear.
#[derive(Default)]
pub(super) struct Exchange {
    /// Those that can be added at once, and so come first.
    pub(super) missing: Vec<Listener>,
    /// Ports to take away, with what takes their place: one call each, for the moment between them nobody listens.
    pub(super) batches: Vec<(Vec<u16>, Vec<Listener>)>,
    /// Ports that nobody wants any more.
    pub(super) surplus: Vec<u16>,
}

impl Exchange {
    pub(super) fn of(there: &LoadBalancer, settings: &Settings) -> Self {
        let wanted = |port: &u16| settings.listeners.get(port).map(|wanted| &wanted.listener);
        let known = || there.listeners.values().map(|known| &known.listener);
        let leaves =
            |known: &Listener| !wanted(&known.port).is_some_and(|wanted| is_alike(known, wanted));
        let new: Vec<&Listener> = settings
            .listeners
            .iter()
            .filter(|(port, wanted)| {
                let known = there.listeners.get(port);
                known.is_none_or(|known| !is_alike(&known.listener, &wanted.listener))
            })
            .map(|(_, wanted)| &wanted.listener)
            .collect();
        let clash = |one: &Listener, other: &Listener| {
            one.instance_port == other.instance_port
                && one.instance_protocol.is_secure() != other.instance_protocol.is_secure()
        };
        // Who stands in the way of somebody new, and whoever would come before these are gone, change places at once.
        let blocks = |known: &&Listener| leaves(known) && new.iter().any(|new| clash(known, new));
        let mut old: BTreeSet<u16> = known().filter(blocks).map(|known| known.port).collect();
        let is_late = |new: &Listener| known().any(|known| leaves(known) && clash(known, new));
        old.extend(new.iter().filter(|new| is_late(new)).map(|new| new.port));
        let mut exchange = Self::default();
        let mut together = Vec::new();
        let mut alone = Vec::new();
        for listener in new {
            let is_there = there.listeners.contains_key(&listener.port);
            if old.contains(&listener.port) {
                together.push(listener.clone());
            } else if is_there {
                alone.push((vec![listener.port], vec![listener.clone()]));
            } else {
                exchange.missing.push(listener.clone());
            }
        }
        let old: Vec<u16> =
            old.into_iter().filter(|port| there.listeners.contains_key(port)).collect();
        let unwanted = there.listeners.keys().filter(|port| wanted(port).is_none());
        exchange.surplus = unwanted.filter(|port| !old.contains(port)).copied().collect();
        if !old.is_empty() {
            exchange.batches.push((old, together));
        }
        exchange.batches.extend(alone);
        exchange
    }
}

/// Whether a listener can stay: only its certificate can be set in place.
pub(super) fn is_alike(known: &Listener, wanted: &Listener) -> bool {
    let certificate = wanted.certificate.clone();
    Listener { certificate, ..known.clone() } == *wanted
}

/// A call that shows whether AWS takes the certificate of a listener that is to take another's place; nothing where that
/// is known. A listener that has a certificate is given the new one; else one is made beside, on a port that nobody uses,
/// and goes again as unwanted.
pub(super) fn trial(
    scene: &Scene<'_>,
    there: &LoadBalancer,
    settings: &Settings,
    new: &[Listener],
    steps: &[Step],
) -> Option<Call> {
    let reference = scene.desired.spec.reference.as_ref();
    let reference = reference.and_then(|it| scene.balancers.get(&it.load_balancer_name));
    let known: BTreeSet<&String> = [Some(there), reference]
        .into_iter()
        .flatten()
        .flat_map(|balancer| balancer.listeners.values())
        .filter_map(|known| known.listener.certificate.as_ref())
        .collect();
    let is_unknown = |listener: &&Listener| {
        listener.certificate.as_ref().is_some_and(|certificate| !known.contains(certificate))
    };
    let wanted = new.iter().find(is_unknown)?;
    let is_secure =
        there.listeners.get(&wanted.port).is_some_and(|known| known.listener.certificate.is_some());
    if is_secure {
        let certificate = wanted.certificate.clone()?;
        return Some(Call::SetCertificate { port: wanted.port, certificate });
    }
    let is_used = |port: &u16| {
        let known = there.listeners.values().map(|known| &known.listener);
        let wanted = settings.listeners.values().map(|wanted| &wanted.listener);
        let tried = steps.iter().filter_map(|step| {
            if let Call::CreateListeners { listeners } = &step.call {
                Some(listeners)
            } else {
                None
            }
        });
        let all = known.chain(wanted).chain(tried.flatten());
        all.flat_map(|listener| [listener.port, listener.instance_port]).any(|used| used == *port)
    };
    let port = (1024..=u16::MAX).rev().find(|port| !is_used(port))?;
    // To an instance port of its own, too: AWS takes one either encrypted or in the clear.
    let listener = Listener { port, instance_port: port, ..wanted.clone() };
    Some(Call::CreateListeners { listeners: vec![listener] })
}
