//! An ear on the wire: hands on what passes between a client and a server, and keeps it.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What passed in one direction of one connection.
type Heard = Arc<Mutex<Vec<u8>>>;

/// A tap on the way to a server. Dropping it takes it off.
#[derive(Debug)]
pub struct Tap {
    /// Where clients reach the server through it.
    pub endpoint: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    task: JoinHandle<()>,
}

impl Tap {
    /// On the way to `http://<host>:<port>`.
    ///
    /// # Errors
    /// When no port is free, or the endpoint is none of this form.
    pub async fn on(endpoint: &str) -> anyhow::Result<Self> {
        let server = endpoint.strip_prefix("http://").context("not over HTTP")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let all = heard.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                for (from, to) in [(from_client, to_server), (from_server, to_client)] {
                    let heard = Heard::default();
                    lock(&all).push(heard.clone());
                    tokio::spawn(hand_on(from, to, heard));
                }
            }
        });
        Ok(Self { endpoint, heard, task })
    }

    /// Everything so far, one direction of a connection after the other.
    #[must_use]
    pub fn heard(&self) -> String {
        let all = lock(&self.heard);
        let texts = all.iter().map(|heard| String::from_utf8_lossy(&lock(heard)).into_owned());
        texts.collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn hand_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, heard: Heard) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        lock(&heard).extend_from_slice(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
