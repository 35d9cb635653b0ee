//! Visits of an `AWSAccount`: do its credentials lead where it says, and who still uses it?

use std::sync::Arc;
use std::time::Duration;

use kube::runtime::controller::Action;
use kube::{Api, ResourceExt};
use peerway_api::v1alpha1::AwsAccount;
use peerway_model::clock::before;
use peerway_model::{Caller, Place, Region};
use peerway_plan::access::access;
use peerway_plan::aws_account::status;

use crate::backoff::jittered;
use crate::context::Context;
use crate::error::{Chain, Error, caught};
use crate::finalizer::{self, Patched};
use crate::object::Guarded;
use crate::overlap_subnet_group::SubnetGroup;
use crate::proxy_load_balancer::Balancer;
use crate::vpc_peering::Peering;
use crate::{publish, unparsable, users};

/// How soon to look again at an account that is held, beside being woken when a user goes.
const HELD: Duration = Duration::from_secs(5);
/// How soon to come back to an object that changed under us.
const SOON: Duration = Duration::from_secs(1);

/// One visit: ask who we are there, report; hold the object while others need it.
pub(crate) async fn reconcile(
    object: Arc<Guarded<AwsAccount>>,
    ctx: Arc<Context>,
) -> Result<Action, Error> {
    caught(visit(&object, &ctx)).await
}

async fn visit(object: &Guarded<AwsAccount>, ctx: &Context) -> Result<Action, Error> {
    let account = match &object.0 {
        Ok(account) => account,
        Err(unparsable) => {
            tracing::warn!(
                name = object.name_any(),
                "the AWSAccount does not parse and is not used"
            );
            unparsable::publish::<AwsAccount>(&ctx.client, unparsable, ctx.clock.now()).await?;
            return Ok(Action::await_change());
        }
    };
    let api: Api<AwsAccount> = Api::all(ctx.client.clone());
    let is_going = account.metadata.deletion_timestamp.is_some();
    if is_going && !finalizer::is_set(account) {
        return Ok(Action::await_change());
    }
    if !is_going && !finalizer::is_set(account) {
        return Ok(match finalizer::add(&api, account).await? {
            // The watch brings it back with the finalizer on it.
            Patched::Done(_) => Action::await_change(),
            // Not for every change does the watch bring it back.
            Patched::Moved => Action::requeue(SOON),
        });
    }
    ctx.looked_at.forget(&account.uid().unwrap_or_default());
    let users = if is_going { users(ctx, account).await? } else { Vec::new() };
    if is_going && users.is_empty() {
        return Ok(match finalizer::remove(&api, account).await? {
            Patched::Done(_) => Action::await_change(),
            Patched::Moved => Action::requeue(SOON),
        });
    }
    let caller = caller(ctx, account).await;
    let times = (ctx.awake_since, ctx.clock.now());
    let status = status(account, &caller, &users, times, ctx.settings.stale_after);
    let before = account.status.as_ref();
    let Some(published) = publish::changed(&api, account, before, &status).await? else {
        return Ok(Action::requeue(SOON));
    };
    ctx.looked_at.note(published.as_ref());
    let period = match (is_going, caller.account.is_ok()) {
        (true, _) => HELD,
        (false, true) => 10 * ctx.settings.resync,
        (false, false) => ctx.settings.resync,
    };
    Ok(Action::requeue(jittered(period, &account.uid())))
}

async fn caller(ctx: &Context, account: &AwsAccount) -> Caller {
    let region: Region =
        account.spec.regions.first().cloned().expect("the schema asks for at least one Region");
    let place = Place { access: Arc::new(access(account, &account.name_any())), region };
    let is_new = account.status.as_ref().map(|status| status.observed_generation)
        != account.metadata.generation;
    let age = if is_new { Duration::from_secs(1) } else { ctx.settings.resync };
    let since = before(ctx.clock.now(), age);
    ctx.snapshots.caller(&place, since, since).await
}

/// Who refers to the account and owns, or may own, something in it.
async fn users(ctx: &Context, account: &AwsAccount) -> Result<Vec<String>, Error> {
    let (client, name) = (&ctx.client, account.name_any());
    let mut found = users::of_account::<Peering>(client, &name).await?;
    found.extend(users::of_account::<SubnetGroup>(client, &name).await?);
    found.extend(users::of_account::<Balancer>(client, &name).await?);
    Ok(found)
}

/// What to do after a failure towards the API server.
#[expect(clippy::needless_pass_by_value, reason = "kube calls it so")]
pub(crate) fn error_policy(
    object: Arc<Guarded<AwsAccount>>,
    error: &Error,
    ctx: Arc<Context>,
) -> Action {
    tracing::warn!(object = %object.name_any(), error = %Chain(error), "visit failed");
    Action::requeue(jittered(HELD.min(ctx.settings.resync), &object.name_any()))
}
