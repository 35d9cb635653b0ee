//! What a request is about, from its method, path and query alone.

use http::Method;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// One object is read.
    Get,
    /// Objects are read.
    List,
    /// Objects are followed.
    Watch,
    /// An object is made.
    Create,
    /// An object is replaced.
    Update,
    /// An object is changed.
    Patch,
    /// An object is deleted.
    Delete,
}

impl Verb {
    /// As roles name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    /// Whether it can change anything.
    #[must_use]
    pub fn writes(self) -> bool {
        !matches!(self, Self::Get | Self::List | Self::Watch)
    }
}

/// The parts of a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The API group; empty for the core.
    pub group: String,
    /// Its version.
    pub version: String,
    /// The namespace; empty for what has none, and for all of them.
    pub namespace: String,
    /// The resource: `vpcpeerings`.
    pub plural: String,
    /// The object; empty for a list.
    pub name: String,
    /// `status`, or nothing.
    pub subresource: String,
}

impl Target {
    /// Reads a path below `/api` or `/apis`.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let group = match parts.next()? {
            "api" => String::new(),
            "apis" => parts.next()?.to_owned(),
            _ => return None,
        };
        let version = parts.next()?.to_owned();
        let rest: Vec<&str> = parts.collect();
        // A namespace is an object, and where other objects lie.
        let (namespace, rest) = match rest.as_slice() {
            ["namespaces", _, "status" | "finalize"] => ("", rest.as_slice()),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            rest => ("", rest),
        };
        let mut rest = rest.iter().map(|part| (*part).to_owned());
        let plural = rest.next().filter(|plural| !plural.is_empty())?;
        let (name, subresource) =
            (rest.next().unwrap_or_default(), rest.next().unwrap_or_default());
        if rest.next().is_some() {
            return None;
        }
        Some(Self { group, version, namespace: namespace.to_owned(), plural, name, subresource })
    }

    /// What is done to it, if that is anything.
    #[must_use]
    pub fn verb(&self, method: &Method, query: &str) -> Option<Verb> {
        let is_watch = form_urlencoded::parse(query.as_bytes())
            .any(|(name, value)| name == "watch" && value != "false" && value != "0");
        Some(match (method.as_str(), self.name.is_empty()) {
            ("GET", true) if is_watch => Verb::Watch,
            ("GET", true) => Verb::List,
            ("GET", false) => Verb::Get,
            ("POST", true) => Verb::Create,
            ("PUT", false) => Verb::Update,
            ("PATCH", false) => Verb::Patch,
            ("DELETE", false) => Verb::Delete,
            _ => return None,
        })
    }

    /// `vpcpeerings/status`.
    #[must_use]
    pub fn resource(&self) -> String {
        if self.subresource.is_empty() {
            return self.plural.clone();
        }
        format!("{}/{}", self.plural, self.subresource)
    }

    /// `default/orders`; what is missing is left out.
    #[must_use]
    pub fn object(&self) -> String {
        let parts = [self.namespace.as_str(), self.name.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_objects_lists_and_namespaces_are_told_apart() {
        let target = Target::parse("/apis/peerway.dev/v1alpha1/namespaces/a/vpcpeerings/x/status");
        let target = target.unwrap();
        assert_eq!(
            (target.resource(), target.object()),
            ("vpcpeerings/status".into(), "a/x".into())
        );
        assert_eq!(target.verb(&Method::PATCH, ""), Some(Verb::Patch));

        let target = Target::parse("/api/v1/namespaces/kube-system").unwrap();
        assert_eq!((target.plural.as_str(), target.name.as_str()), ("namespaces", "kube-system"));
        assert_eq!(target.verb(&Method::GET, ""), Some(Verb::Get));

        let target = Target::parse("/apis/peerway.dev/v1alpha1/vpcpeerings").unwrap();
        assert_eq!(target.verb(&Method::GET, "&watch=true&resourceVersion=1"), Some(Verb::Watch));
        assert_eq!(target.verb(&Method::DELETE, ""), None);
        assert_eq!(Target::parse("/readyz"), None);
    }
}
