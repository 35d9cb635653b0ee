//! What an instance answers to health checks: a world has no real servers, so its estate says what these would say.
//!
//! Who says nothing gets a server that one need not describe: it accepts connections on every port and answers 200 to
//! every path, except that of the paths ending in `isLeader` only the leader answers 200 and everybody else 404. That is
//! how services with one leader among several (Druid's coordinator and overlord among them) tell balancers whom to ask.

use std::collections::BTreeMap;

/// What an instance answers while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Answers {
    /// Whether it answers 200 where only a leader does.
    pub(crate) is_leader: bool,
    /// The ports that accept connections; none: all do.
    pub(crate) ports: Option<BTreeMap<u16, Port>>,
}

/// What a port answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Port {
    /// Whether it speaks TLS; none: it understands both.
    pub(crate) tls: Option<bool>,
    /// Status codes by path; a path that is not here gets 404. None: the usual answers.
    pub(crate) paths: Option<BTreeMap<String, u16>>,
}

/// What a health check does: open a connection, perhaps with TLS, perhaps ask for a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthCheck<'a> {
    /// The port.
    pub port: u16,
    /// Whether it speaks TLS (`SSL` and `HTTPS` targets do).
    pub tls: bool,
    /// The path it asks for (`HTTP` and `HTTPS` targets have one).
    pub path: Option<&'a str>,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// No connection, or one that was closed before it said anything.
    Nothing,
    /// A connection.
    Connected,
    /// An HTTP status.
    Status(u16),
}

impl Answers {
    /// What a running instance answers.
    pub(crate) fn to(&self, question: HealthCheck<'_>) -> Heard {
        let port = match &self.ports {
            None => &Port { tls: None, paths: None },
            Some(ports) => match ports.get(&question.port) {
                Some(port) => port,
                None => return Heard::Nothing,
            },
        };
        // A plain connection to a port with TLS is accepted; only who wants to talk finds out.
        let wants_to_talk = question.tls || question.path.is_some();
        if wants_to_talk && port.tls.is_some_and(|tls| tls != question.tls) {
            return Heard::Nothing;
        }
        match (question.path, &port.paths) {
            (None, _) => Heard::Connected,
            (Some(path), Some(paths)) => Heard::Status(paths.get(path).copied().unwrap_or(404)),
            (Some(path), None) if path.ends_with("isLeader") && !self.is_leader => {
                Heard::Status(404)
            }
            (Some(_), None) => Heard::Status(200),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(answers: &Answers, port: u16, tls: bool, path: Option<&str>) -> Heard {
        answers.to(HealthCheck { port, tls, path })
    }

    #[test]
    fn without_a_word_everything_answers_except_who_is_asked_to_lead() {
        let path = Some("/druid/coordinator/v1/isLeader");
        let follower = Answers::default();
        let leader = Answers { is_leader: true, ..Answers::default() };
        assert_eq!(ask(&follower, 8281, true, path), Heard::Status(404));
        assert_eq!(ask(&leader, 8281, true, path), Heard::Status(200));
        assert_eq!(ask(&follower, 9095, true, Some("/health")), Heard::Status(200));
        assert_eq!(ask(&follower, 21050, false, None), Heard::Connected);
    }

    #[test]
    fn ports_that_are_said_are_the_only_ones() {
        let paths = [("/health".to_owned(), 503)].into();
        let port = Port { tls: Some(true), paths: Some(paths) };
        let answers = Answers { is_leader: false, ports: Some([(9095, port)].into()) };
        assert_eq!(ask(&answers, 9096, true, Some("/health")), Heard::Nothing);
        assert_eq!(ask(&answers, 9095, true, Some("/health")), Heard::Status(503));
        assert_eq!(ask(&answers, 9095, true, Some("/else")), Heard::Status(404));
        assert_eq!(ask(&answers, 9095, false, Some("/health")), Heard::Nothing);
        assert_eq!(ask(&answers, 9095, false, None), Heard::Connected);
    }
}
