//! The kinds of trouble there are, by name: what a forecast gives chances for, and what is counted.

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[doc = $doc:literal])* $variant:ident $text:literal $(($by_hand:ident))?,)*) => {
        /// A kind of trouble.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum FaultName {
            $($(#[doc = $doc])* #[serde(rename = $text)] $variant,)*
        }

        impl FaultName {
            /// Every kind that a forecast may give a chance for. The others need somebody to say what exactly happens.
            pub const BY_CHANCE: &'static [Self] = names!(@by_chance [] $($variant $($by_hand)?,)*);

            /// Its name in the JSON of the own pages.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
    (@by_chance [$($done:ident)*]) => { &[$(Self::$done,)*] };
    (@by_chance [$($done:ident)*] $variant:ident, $($rest:tt)*) => {
        names!(@by_chance [$($done)* $variant] $($rest)*)
    };
    (@by_chance [$($done:ident)*] $variant:ident $by_hand:ident, $($rest:tt)*) => {
        names!(@by_chance [$($done)*] $($rest)*)
    };
}

names! {
    /// An error of somebody's choice, the call not done.
    Error "error" (scripted),
    /// An error of somebody's choice, the call done.
    ErrorApplied "error-applied" (scripted),
    /// AWS's own trouble, the call not done.
    InternalError "internal-error",
    /// AWS's own trouble, the call done.
    InternalErrorApplied "internal-error-applied",
    /// The service is not there, the call not done.
    Unavailable "unavailable",
    /// The service is not there, the call done.
    UnavailableApplied "unavailable-applied",
    /// No answer, the call not done.
    NoAnswer "no-answer",
    /// No answer, the call done.
    NoAnswerApplied "no-answer-applied",
    /// No answer, and the call is done when its caller has long gone.
    LandsLate "lands-late",
    /// Throttled once.
    Throttled "throttled",
    /// Throttled for a row of calls of the same action.
    ThrottledLong "throttled-long",
    /// Throttled for a row of calls of the whole account in the Region.
    ThrottledAccount "throttled-account",
    /// The answer takes long.
    Slow "slow",

    /// Not allowed, this once.
    Denied "denied",
    /// Not allowed for one thing.
    DeniedResource "denied-resource",
    /// The role cannot be assumed.
    AssumeRoleDenied "assume-role-denied",
    /// Assuming the role takes long.
    AssumeRoleSlow "assume-role-slow",
    /// The credentials end before their time.
    CredentialsExpired "credentials-expired",
    /// The assumed role is one of another account than it should be.
    WrongAccount "wrong-account",

    /// A read that shows the past.
    Stale "stale",
    /// A list without one of its items.
    MissingItem "missing-item",
    /// A thing just made that cannot be found by its id or name yet.
    FreshNotFound "fresh-not-found",
    /// A list without one of its pages.
    PageLost "page-lost",
    /// A list with one of its pages twice.
    PageRepeated "page-repeated",
    /// A page token that is no longer good.
    PageTokenExpired "page-token-expired",

    /// `DependencyViolation` though nothing is there.
    Dependency "dependency",
    /// A quota is reached.
    Quota "quota",
    /// What the call sets in motion stops where it is.
    Stuck "stuck",
    /// A new connection fails.
    ConnectionFails "connection-fails",

    /// Somebody's call between two calls.
    Hand "hand" (scripted),
    /// The peer rejects a request.
    PeerRejects "peer-rejects",
    /// The peer deletes a connection.
    PeerDeletes "peer-deletes",
    /// The peer asks for a connection of its own between the same VPCs.
    PeerRequests "peer-requests",
    /// A request is not answered in time.
    RequestExpires "request-expires",
    /// Somebody writes a route to where a connection leads.
    RouteCreated "route-created",
    /// Somebody points a route over a connection elsewhere.
    RouteReplaced "route-replaced",
    /// Somebody deletes a route over a connection.
    RouteDeleted "route-deleted",
    /// Somebody takes the tags off a thing.
    TagsStripped "tags-stripped",
    /// Somebody puts the tags of one thing on another.
    TagsCopied "tags-copied",
    /// Somebody deletes a thing that a caller made.
    DeletedByHand "deleted-by-hand",
    /// Somebody detaches an auto-scaling group from a balancer.
    GroupDetached "group-detached",
    /// Somebody deregisters an instance from a balancer.
    InstanceDeregistered "instance-deregistered",
    /// Somebody deletes a listener.
    ListenerDeleted "listener-deleted",

    /// An answer that ends in its middle.
    AnswerTruncated "answer-truncated",
    /// An answer without what it must have.
    AnswerIncomplete "answer-incomplete",
    /// An answer that is something else altogether.
    AnswerForeign "answer-foreign",
    /// An answer of forty mebibytes.
    AnswerHuge "answer-huge",

    /// A token bucket was empty.
    BucketEmpty "bucket-empty" (standing),
    /// A read lagged, as the world's lag says.
    Lagged "lagged" (standing),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_more_than_thirty_kinds_to_take_chances_with() {
        assert!(FaultName::BY_CHANCE.len() > 30);
        assert!(!FaultName::BY_CHANCE.contains(&FaultName::Hand));
        for name in FaultName::BY_CHANCE {
            let json = serde_json::to_string(name).unwrap();
            assert_eq!(json, format!("\"{}\"", name.as_str()));
            assert_eq!(serde_json::from_str::<FaultName>(&json).unwrap(), *name);
        }
    }
}
