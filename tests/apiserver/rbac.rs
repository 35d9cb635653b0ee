//! What the shipped RBAC allows: enough for the controller, and not a verb more.

use anyhow::ensure;
use peerway_tests::Environment;
use peerway_tests::api_server::{CONTROLLER, NOBODY};
use peerway_tests::assets::workspace;

pub(crate) async fn the_shipped_role_suffices_and_has_no_wildcard_and_no_secrets(
    environment: &Environment,
) -> anyhow::Result<()> {
    let kubectl = environment.kubectl_as(CONTROLLER);
    let can = async |verb: &str, resource: &str| {
        kubectl
            .run(&["auth", "can-i", verb, resource, "-A"])
            .await
            .is_ok_and(|answer| answer.trim() == "yes")
    };
    for (verb, resource) in [
        ("list", "awsaccounts.peerway.dev"),
        ("watch", "vpcpeerings.peerway.dev"),
        ("patch", "vpcpeerings.peerway.dev"),
        ("create", "events.events.k8s.io"),
    ] {
        ensure!(can(verb, resource).await, "may not {verb} {resource}");
    }
    for (verb, resource) in [
        ("get", "secrets"),
        ("list", "configmaps"),
        ("create", "vpcpeerings.peerway.dev"),
        ("update", "vpcpeerings.peerway.dev"),
        ("delete", "vpcpeerings.peerway.dev"),
        ("delete", "awsaccounts.peerway.dev"),
        ("create", "pods"),
    ] {
        ensure!(!can(verb, resource).await, "may {verb} {resource}");
    }
    let role = std::fs::read_to_string(workspace().join("deploy/rbac/controller.yaml"))?;
    for word in ["'*'", "\"*\"", "[*]", "secrets", "escalate", "impersonate", "bind"] {
        ensure!(!role.contains(word), "deploy/rbac/controller.yaml says {word}");
    }
    Ok(())
}

pub(crate) async fn a_namespace_editor_may_write_peerings_and_no_accounts(
    environment: &Environment,
) -> anyhow::Result<()> {
    let admin = &environment.kubectl;
    admin.run(&["create", "namespace", "tenant"]).await?;
    // Aggregation is a controller's work that does not run here; the roles that it would fold are bound directly.
    admin
        .run(&[
            "create",
            "rolebinding",
            "editor",
            "-n",
            "tenant",
            "--clusterrole=peerway-edit",
            "--user=nobody",
        ])
        .await?;
    let tenant = environment.kubectl_as(NOBODY);
    let can = async |verb: &str, resource: &str, namespace: &str| {
        tenant.run(&["auth", "can-i", verb, resource, "-n", namespace]).await.is_ok()
    };
    ensure!(can("create", "vpcpeerings.peerway.dev", "tenant").await);
    ensure!(!can("create", "vpcpeerings.peerway.dev", "default").await);
    ensure!(!can("create", "awsaccounts.peerway.dev", "tenant").await);
    // Whoever may write a status may claim what is not so.
    let status = [
        "auth",
        "can-i",
        "patch",
        "vpcpeerings.peerway.dev",
        "--subresource=status",
        "-n",
        "tenant",
    ];
    ensure!(tenant.run(&status).await.is_err());
    Ok(())
}
