//! The types and reasons of conditions. Reasons are API: scripts match on them, so a name never changes its meaning.

use std::fmt;

macro_rules! documented_names {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $wire:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[doc = $variant_doc])+ $variant,)*
        }

        impl $name {
            /// Every one, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in conditions.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $wire,)*
                }
            }

            /// What it means, for the reference page.
            #[must_use]
            pub fn doc(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($variant_doc, "\n"),+),)*
                }
            }

            /// The one of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

documented_names! {
    /// What a condition is about. The order is that of the status.
    ConditionType {
        /// Everything below that is present is true. Its reason is that of the first one that is not.
        Ready = "Ready",
        /// The spec is valid, and the accounts, Regions and VPCs it names are granted to its namespace. Of an `AWSAccount`: its credentials lead to this account.
        Valid = "Valid",
        /// Every selector and reference resolves.
        ResolvedRefs = "ResolvedRefs",
        /// The peering connection is active.
        Connected = "Connected",
        /// Everything desired was seen in AWS, in a read begun after our last write.
        Programmed = "Programmed",
        /// Enough instances are in service: as many as `readiness.minInService` asks for.
        InService = "InService",
        /// No difference between what is desired and what is there. Not part of Ready.
        InSync = "InSync",
        /// Only while true: work is going on, or waits for time or for another object.
        Reconciling = "Reconciling",
        /// Only while true: nothing will change until somebody acts. The message says what to do.
        Stalled = "Stalled",
        /// Only while true: the annotation `peerway.dev/paused` stops every write to AWS. Reads and status go on.
        Paused = "Paused",
    }
}

documented_names! {
    /// Why a condition is as it is.
    Reason {
        /// Everything is in place.
        Ready = "Ready",
        /// Everything is in place; routes that would mislead packets are withheld, and an overlap subnet group supplies the side.
        Isolated = "Isolated",
        /// The condition holds.
        Fulfilled = "Fulfilled",
        /// The object has not been looked at yet.
        Pending = "Pending",
        /// AWS calls were made, and what they change has not been seen in place yet.
        Progressing = "Progressing",
        /// The object is being deleted; `waitingFor` says what for.
        Deleting = "Deleting",
        /// A fault of Peerway's own ended the last visit of the object. What stands in AWS is left as it is; the log says more.
        InternalError = "InternalError",
        /// The condition cannot be judged because of another one that is not true.
        DependencyNotReady = "DependencyNotReady",

        /// A field holds something that can never work; the message names the field.
        InvalidSpec = "InvalidSpec",
        /// There is no AWSAccount of the referenced name.
        AccountNotFound = "AccountNotFound",
        /// No grant of the AWSAccount covers this namespace, Region or VPC.
        NotGranted = "NotGranted",
        /// The Region is not in the AWSAccount's `regions`.
        RegionNotListed = "RegionNotListed",
        /// The credentials lead to another account than `accountID` says. Nothing is written.
        WrongAccount = "WrongAccount",
        /// A referenced object is being deleted.
        DependencyDeleting = "DependencyDeleting",
        /// Other objects still use this one; it is held until they are gone.
        DependentsExist = "DependentsExist",

        /// No VPC has this id, in this account and Region.
        VpcNotFound = "VPCNotFound",
        /// Nothing matches a selector. What was resolved before stays as it is.
        SelectorMatchesNothing = "SelectorMatchesNothing",
        /// A selector that must match exactly one thing matches several; the message names them.
        SelectorMatchesSeveral = "SelectorMatchesSeveral",
        /// No route table of this id exists in the VPC.
        RouteTableNotFound = "RouteTableNotFound",
        /// No subnet of this id exists in the VPC.
        SubnetNotFound = "SubnetNotFound",
        /// No security group of this id, name or description exists in the VPC.
        SecurityGroupNotFound = "SecurityGroupNotFound",
        /// AWS shows other CIDRs behind the connection than `external.cidrs` declares. Nothing is written until they agree.
        CidrMismatch = "CIDRMismatch",
        /// A destination lies outside the other VPC's CIDRs: packets to it would be dropped.
        DestinationOutsidePeer = "DestinationOutsidePeer",
        /// An ingress source lies outside the other VPC's CIDRs: it would admit somebody else.
        SourceOutsidePeer = "SourceOutsidePeer",

        /// The two VPCs have overlapping CIDRs: AWS can never peer them. Nothing was written.
        CidrOverlap = "CIDROverlap",
        /// What this object owns in AWS is bound to another VPC or account than the spec names now. Nothing is made, moved or deleted; only auto-scaling groups are let go of a load balancer that is gone.
        BoundElsewhere = "BoundElsewhere",
        /// A live connection between the two VPCs exists that is not ours; AWS allows one per pair. It is left alone.
        ConnectionExists = "ConnectionExists",
        /// An older VPCPeering holds this pair of VPCs; one object per pair. This one writes nothing until the other is gone.
        PairTaken = "PairTaken",
        /// What `adopt` names does not fit, or carries the tags of another object or cluster. It is left alone.
        AdoptionConflict = "AdoptionConflict",
        /// What `adopt` names is gone. It is not made anew as long as `adopt` names it.
        AdoptedGone = "AdoptedGone",
        /// `managementPolicy: Observe`, and AWS differs from the spec. Nothing is written.
        DriftObserved = "DriftObserved",
        /// The annotation `peerway.dev/paused` stops every write to AWS, a deletion too.
        Paused = "Paused",
        /// Two peers of the group have CIDRs that overlap: a table has one target per destination. Nothing was written.
        PeersOverlap = "PeersOverlap",
        /// There is no `VPCPeering` of the referenced name.
        PeeringNotFound = "PeeringNotFound",
        /// There is no such Availability Zone in the Region, or it is a Local or Wavelength Zone.
        ZoneNotFound = "ZoneNotFound",
        /// There is no network ACL of this id in the VPC.
        NetworkAclNotFound = "NetworkACLNotFound",
        /// The given route table is the VPC's main one, used by somebody else's subnet, or given to another group that comes first. It is left alone.
        RouteTableShared = "RouteTableShared",
        /// No free block is left for the subnets; the message names the largest free ones. Nothing was made.
        NoFreeCidr = "NoFreeCIDR",
        /// The network ACL of the subnets does not let the peers' packets pass, or the instances' replies in. A warning.
        NetworkAclBlocks = "NetworkACLBlocks",
        /// A network interface that is no load balancer's lies in an overlap subnet. A warning.
        ForeignInterface = "ForeignInterface",
        /// A zone is no longer wanted, and its subnet is still in use. A warning.
        ZoneStillInUse = "ZoneStillInUse",
        /// There is no `OverlapSubnetGroup` of the referenced name.
        SubnetGroupNotFound = "SubnetGroupNotFound",
        /// There is no load balancer of the referenced name, or it cannot be read. What follows it stays as it is.
        ReferenceNotFound = "ReferenceNotFound",
        /// A load balancer, or security group, of the wanted name exists that is not ours. It is left alone.
        NameTaken = "NameTaken",
        /// A given subnet will not do: two in one zone, smaller than `/27`, fewer than 8 free addresses, or of another VPC.
        SubnetUnsuitable = "SubnetUnsuitable",
        /// There is no auto-scaling group of this name.
        AutoScalingGroupNotFound = "AutoScalingGroupNotFound",
        /// There is no instance of this id in the VPC.
        InstanceNotFound = "InstanceNotFound",
        /// An auto-scaling group replaces instances that a load balancer thinks ill of. It is not attached, or nothing changes
        /// by which its instances are judged.
        ElbHealthChecks = "ELBHealthChecks",
        /// A target lies in another VPC than the load balancer, which cannot reach it.
        TargetElsewhere = "TargetElsewhere",
        /// An auto-scaling group is attached to as many load balancers as AWS allows.
        TooManyLoadBalancers = "TooManyLoadBalancers",
        /// Fewer instances are in service than `readiness.minInService` asks for.
        InstancesOutOfService = "InstancesOutOfService",
        /// There are instances in a zone in which the load balancer has no subnet: they stay out of service. A warning.
        ZoneWithoutSubnet = "ZoneWithoutSubnet",
        /// An auto-scaling group does not tell load balancers of new instances: `AddToLoadBalancer` is suspended. A warning.
        AddToLoadBalancerSuspended = "AddToLoadBalancerSuspended",
        /// The reference has something that cannot be followed; the message names it. A warning.
        NotFollowed = "NotFollowed",
        /// Somebody wrote into what is ours what we did not ask for; the message names it. A warning, where it is left.
        ForeignChange = "ForeignChange",
        /// Our tags are on something that we would not have made so, or on two things at once. They are left alone.
        OwnershipUnclear = "OwnershipUnclear",
        /// The connection was requested and waits for AWS or for the accepter.
        ConnectionPending = "ConnectionPending",
        /// The request waits for the owner of the external side to accept it; `status.peerActions` says how.
        AcceptancePending = "AcceptancePending",
        /// The owner of the external side has yet to ask for the connection; `status.peerActions` says how.
        RequestPending = "RequestPending",
        /// AWS ended the connection as failed; the message holds its words.
        ConnectionFailed = "ConnectionFailed",
        /// The request was rejected, or the connection deleted by the owner of the external side. It is asked for again when the spec or `peerway.dev/reconcile-at` changes.
        PeerRefused = "PeerRefused",
        /// DNS resolution needs `enableDnsSupport` and `enableDnsHostnames` on both VPCs.
        DnsAttributesOff = "DNSAttributesOff",

        /// A route of the same destination leads elsewhere. It is left alone; ours is not written.
        RouteConflict = "RouteConflict",
        /// A broader route leads over another peering to the same addresses; ours would take packets from it and is not written.
        RouteWouldShadow = "RouteWouldShadow",
        /// Replies would not come back over this connection but go elsewhere; the route there is not written.
        ReturnGoesElsewhere = "ReturnGoesElsewhere",
        /// Packets that come in over another connection would be answered by this route, to somebody else; it is not written.
        TakesReplies = "TakesReplies",
        /// Replies follow a broad route to a gateway that cannot be looked into; the route is written, and this is a warning.
        ReturnUnknown = "ReturnUnknown",
        /// Ours is longer than a broader route to something other than a peering, and takes over from it. A warning.
        ShadowsBroaderRoute = "ShadowsBroaderRoute",
        /// A longer route inside ours takes some of its packets elsewhere. A warning.
        RouteShadowed = "RouteShadowed",
        /// Another live connection of the VPC has the same CIDRs behind it. A warning.
        PeerOverlap = "PeerOverlap",
        /// What comes in over another connection is answered over this object's: by an ingress rule by CIDR that admits both, or in an overlap subnet that both lead to. A warning.
        AmbiguousSource = "AmbiguousSource",
        /// A request of somebody else that was not accepted. A warning; it stays when the object goes.
        UndeclaredRequest = "UndeclaredRequest",
        /// A route that nobody declared: over our connection, with which it goes, or in a table that we made. A warning.
        UndeclaredRoute = "UndeclaredRoute",
        /// Some routes are withheld because they would mislead packets: an overlap subnet group can supply the side.
        IsolationRequired = "IsolationRequired",
        /// The object would write more routes than it can keep a record of (1,000).
        TooManyRoutes = "TooManyRoutes",
        /// The object would write more security group rules than it can keep a record of: 1,000 with a VPCPeering, 256 with a ProxyLoadBalancer.
        TooManyRules = "TooManyRules",

        /// AWS does not let us; the message names the call, the code and the request id.
        AccessDenied = "AccessDenied",
        /// There are no working credentials: the role cannot be assumed, or a token expired.
        CredentialsUnavailable = "CredentialsUnavailable",
        /// AWS does not answer.
        AwsUnreachable = "AWSUnreachable",
        /// AWS answers that there are too many calls; they are repeated more slowly.
        Throttled = "Throttled",
        /// A quota of the account is used up.
        QuotaExceeded = "QuotaExceeded",
        /// AWS refuses the call as it is.
        AwsRefused = "AWSRefused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kubernetes_reasons_and_unique() {
        for reason in Reason::ALL {
            let name = reason.as_str();
            assert!(name.starts_with(|c: char| c.is_ascii_uppercase()), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
            assert_eq!(Reason::from_name(name), Some(*reason));
            assert!(!reason.doc().trim().is_empty(), "{name}");
        }
    }
}
