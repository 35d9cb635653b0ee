//! A client that does as little as can be: prepared bytes over connections that stay open, so that the server is what is
//! measured.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail, ensure};

/// A request, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Request(Vec<u8>);

impl Request {
    /// A call of EC2's, as the root of the account 111111111111.
    pub(crate) fn ec2(action: &str, parameters: &[(&str, &str)]) -> Self {
        let mut body = format!("Action={action}&Version=2016-11-15");
        for (name, value) in parameters {
            // Nothing that is sent here needs escaping but slashes.
            let _ = write!(body, "&{name}={}", value.replace('/', "%2F"));
        }
        let head = format!(
            "POST / HTTP/1.1\r\nHost: ec2.us-west-2.amazonaws.com\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-west-2/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature=00\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Self([head.as_bytes(), body.as_bytes()].concat())
    }
}

/// One connection.
#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Connections to one server; one request is under way on each.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    connections: Vec<Connection>,
}

impl Client {
    /// So many connections to a server.
    pub(crate) fn connect(address: SocketAddr, connections: usize) -> anyhow::Result<Self> {
        let connections = (0..connections).map(|_| open(address)).collect::<Result<_, _>>()?;
        Ok(Self { address, connections })
    }

    /// Makes a call; the answer must be a success.
    pub(crate) fn call(&mut self, request: &Request) -> anyhow::Result<String> {
        let [answer] = self.calls([request])?.try_into().expect("one request has one answer");
        Ok(answer)
    }

    /// Sends a request on each of the first connections, then takes the answers.
    pub(crate) fn calls<'a>(
        &mut self,
        requests: impl IntoIterator<Item = &'a Request>,
    ) -> anyhow::Result<Vec<String>> {
        let address = self.address;
        let requests: Vec<&Request> = requests.into_iter().collect();
        ensure!(requests.len() <= self.connections.len(), "more requests than connections");
        for (connection, request) in self.connections.iter_mut().zip(&requests) {
            if connection.stream.write_all(&request.0).is_err() {
                *connection = open(address)?;
                connection.stream.write_all(&request.0)?;
            }
        }
        let mut answers = Vec::with_capacity(requests.len());
        for (connection, request) in self.connections.iter_mut().zip(requests) {
            let answer = match connection.answer() {
                // A server may close a connection that it had promised to keep: once more, on a new one.
                Err(error) if error.downcast_ref().is_some_and(is_end) => {
                    *connection = open(address)?;
                    connection.stream.write_all(&request.0)?;
                    connection.answer()?
                }
                other => other?,
            };
            answers.push(answer);
        }
        Ok(answers)
    }
}

fn is_end(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
    )
}

fn open(address: SocketAddr) -> std::io::Result<Connection> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    // The first call of an action may make a server load its code.
    stream.set_read_timeout(Some(Duration::from_mins(5)))?;
    Ok(Connection { stream, buffer: Vec::new() })
}

impl Connection {
    fn answer(&mut self) -> anyhow::Result<String> {
        self.buffer.clear();
        let mut chunk = vec![0; 64 * 1024];
        let (head, length) = loop {
            let end = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let head = std::str::from_utf8(&self.buffer[..end])?.to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                let length: usize = length.context("an answer without a length")?.trim().parse()?;
                break (head, end + 4 + length);
            }
            self.more(&mut chunk)?;
        };
        while self.buffer.len() < length {
            self.more(&mut chunk)?;
        }
        let body = &self.buffer[length.min(head.len() + 4)..length];
        let body = String::from_utf8_lossy(body).into_owned();
        let status = head.split_whitespace().nth(1).unwrap_or_default();
        if status != "200" {
            bail!("{status}: {body}");
        }
        if head.lines().any(|line| line == "connection: close") {
            *self = open(self.stream.peer_addr()?)?;
        }
        Ok(body)
    }

    fn more(&mut self, chunk: &mut [u8]) -> anyhow::Result<()> {
        let read = loop {
            match self.stream.read(chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if read == 0 {
            return Err(std::io::Error::from(ErrorKind::UnexpectedEof).into());
        }
        self.buffer.extend_from_slice(&chunk[..read]);
        Ok(())
    }
}

/// What stands in the first element of this name.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let (_, behind) =
        xml.split_once(&format!("<{name}>")).with_context(|| format!("no {name} in {xml}"))?;
    Ok(behind.split('<').next().unwrap_or_default())
}
