//! The attributes of a balancer, leaf by leaf: the spec's, else the reference's, else a default.

use peerway_api::v1alpha1::ProxyLoadBalancerSpec;
use peerway_api::v1alpha1::proxy_load_balancer::settings as spec;
use peerway_api::v1alpha1::proxy_load_balancer::status::SettingOrigin;
use peerway_model::{AccessLog, LoadBalancerAttributes, LoadBalancerName};

use super::settings::{Followed, Setting, invalid, setting};
use crate::Finding;

/// Seconds after which AWS closes a silent connection.
const IDLE: u32 = 60;
/// Seconds that AWS lets requests under way take.
const DRAINING: u32 = 300;
/// Minutes between two logs.
const LOG_INTERVAL: u16 = 60;
/// The desync mode that AWS gives.
const DESYNC: &str = "defensive";

/// The rows of the status, as they come.
struct Rows<'a> {
    table: &'a mut Vec<Setting>,
    /// Where what is followed comes from.
    theirs: SettingOrigin,
}

impl Rows<'_> {
    /// The value of a leaf, which is noted with where it comes from.
    fn choose<T: ToString>(
        &mut self,
        field: &str,
        own: Option<T>,
        theirs: Option<T>,
        default: T,
    ) -> T {
        let (value, origin) = match (own, theirs) {
            (Some(own), _) => (own, SettingOrigin::Spec),
            (None, Some(theirs)) => (theirs, self.theirs),
            (None, None) => (default, SettingOrigin::Default),
        };
        self.table.push(setting(&format!("attributes.{field}"), value.to_string(), origin));
        value
    }
}

/// Every attribute that the balancer `name` is to have.
///
/// # Errors
/// A finding: logs that have nowhere to go.
pub(super) fn attributes(
    spec: &ProxyLoadBalancerSpec,
    followed: Option<Followed<'_>>,
    name: &LoadBalancerName,
    table: &mut Vec<Setting>,
) -> Result<LoadBalancerAttributes, Finding> {
    let own = spec.attributes.clone().unwrap_or_default();
    let theirs = followed.map(|followed| followed.attributes.clone());
    let theirs = theirs.unwrap_or_default();
    let origin = followed.map_or(SettingOrigin::Default, |followed| followed.origin());
    let mut rows = Rows { table, theirs: origin };
    let cross_zone = rows.choose("crossZone", own.cross_zone, theirs.cross_zone, true);
    let idle_timeout =
        rows.choose("idleTimeoutSeconds", own.idle_timeout_seconds, theirs.idle_timeout, IDLE);
    let draining = draining(own.connection_draining.as_ref(), &theirs, &mut rows);
    // Two balancers must not write into one folder.
    let folder = |log: &AccessLog| match followed {
        Some(followed) if followed.is_itself => log.prefix.clone(),
        _ => beside(&log.prefix, name),
    };
    let access_log = access_log(own.access_logs.as_ref(), &theirs, folder, &mut rows)?;
    let own_mode = own.desync_mode.map(|mode| match mode {
        spec::DesyncMode::Monitor => "monitor".to_owned(),
        spec::DesyncMode::Defensive => "defensive".to_owned(),
        spec::DesyncMode::Strictest => "strictest".to_owned(),
    });
    let desync_mode = rows.choose("desyncMode", own_mode, theirs.desync_mode, DESYNC.to_owned());
    Ok(LoadBalancerAttributes {
        cross_zone: Some(cross_zone),
        idle_timeout: Some(idle_timeout),
        draining: Some(draining),
        access_log: Some(access_log),
        desync_mode: Some(desync_mode),
    })
}

fn draining(
    own: Option<&spec::ConnectionDraining>,
    theirs: &LoadBalancerAttributes,
    rows: &mut Rows<'_>,
) -> Option<u32> {
    let is_on = rows.choose(
        "connectionDraining.enabled",
        own.map(|own| own.enabled),
        theirs.draining.map(|draining| draining.is_some()),
        false,
    );
    let seconds = own.and_then(|own| own.timeout_seconds);
    is_on.then(|| {
        rows.choose(
            "connectionDraining.timeoutSeconds",
            seconds,
            theirs.draining.flatten(),
            DRAINING,
        )
    })
}

fn access_log(
    own: Option<&spec::AccessLogs>,
    theirs: &LoadBalancerAttributes,
    folder: impl Fn(&AccessLog) -> String,
    rows: &mut Rows<'_>,
) -> Result<Option<AccessLog>, Finding> {
    // Who writes down anything about logs wants them.
    let is_on = rows.choose(
        "accessLogs.enabled",
        own.map(|own| own.enabled.unwrap_or(true)),
        theirs.access_log.as_ref().map(Option::is_some),
        false,
    );
    if !is_on {
        return Ok(None);
    }
    let theirs = theirs.access_log.clone().flatten();
    let bucket = own.and_then(|own| own.bucket.clone());
    if bucket.is_none() && theirs.is_none() {
        return Err(invalid(
            "`attributes.accessLogs.bucket` must be set: there is no reference whose logs could be followed, or it keeps none. Name a bucket, or set `enabled: false`.".to_owned(),
        ));
    }
    let their_bucket = theirs.as_ref().map(|log| log.bucket.clone());
    let their_prefix = theirs.as_ref().map(folder);
    let their_interval = theirs.map(|log| log.interval);
    let prefix = own.and_then(|own| own.prefix.clone());
    let interval = own.and_then(|own| own.interval_minutes);
    Ok(Some(AccessLog {
        bucket: rows.choose("accessLogs.bucket", bucket, their_bucket, String::new()),
        prefix: rows.choose("accessLogs.prefix", prefix, their_prefix, String::new()),
        interval: rows.choose("accessLogs.intervalMinutes", interval, their_interval, LOG_INTERVAL),
    }))
}

/// A folder beside the logs of a reference.
fn beside(prefix: &str, name: &LoadBalancerName) -> String {
    if prefix.is_empty() { name.to_string() } else { format!("{prefix}/{name}") }
}

fn log_text(log: &AccessLog) -> String {
    format!("s3://{}/{} every {} min", log.bucket, log.prefix, log.interval)
}

/// The attributes that differ from those that are there, to be changed; what is the same stays unset.
#[must_use]
pub(super) fn difference(
    wanted: &LoadBalancerAttributes,
    there: &LoadBalancerAttributes,
) -> LoadBalancerAttributes {
    fn differs<T: Clone + PartialEq>(wanted: Option<&T>, there: Option<&T>) -> Option<T> {
        wanted.filter(|_| wanted != there).cloned()
    }
    let usual = DESYNC.to_owned();
    LoadBalancerAttributes {
        cross_zone: differs(wanted.cross_zone.as_ref(), there.cross_zone.as_ref()),
        idle_timeout: differs(wanted.idle_timeout.as_ref(), there.idle_timeout.as_ref()),
        draining: differs(wanted.draining.as_ref(), there.draining.as_ref()),
        access_log: differs(wanted.access_log.as_ref(), there.access_log.as_ref()),
        // Of a balancer that never had another one AWS does not always tell it.
        desync_mode: differs(
            wanted.desync_mode.as_ref(),
            there.desync_mode.as_ref().or(Some(&usual)),
        ),
    }
}

/// Attributes that are set, as people read them.
#[must_use]
pub(super) fn describe(attributes: &LoadBalancerAttributes) -> String {
    let LoadBalancerAttributes { cross_zone, idle_timeout, draining, access_log, desync_mode } =
        attributes;
    let off = || "off".to_owned();
    let texts = [
        cross_zone.map(|on| format!("cross-zone {on}")),
        idle_timeout.map(|seconds| format!("idle timeout {seconds} s")),
        draining.map(|it| format!("draining {}", it.map_or_else(off, |it| format!("{it} s")))),
        access_log
            .as_ref()
            .map(|it| format!("access logs {}", it.as_ref().map_or_else(off, log_text))),
        desync_mode.as_ref().map(|mode| format!("desync mode {mode}")),
    ];
    texts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
