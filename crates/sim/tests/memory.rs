//! What misbehaving clients cost the server in memory. In a process of its own, since it is the process that is measured.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::sync::Arc;
use std::time::Duration;

use peerway_sim::{HttpLimits, Settings, World, serve_with};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Resident memory, in bytes; pages are of 4 KiB wherever this runs.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

const CLIENTS: usize = 400;
static HALF: [u8; 500_000] = [b'x'; 500_000];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_large_bodies_at_a_time_do_not_fill_the_memory() {
    let world = Arc::new(World::empty(Settings::default()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = HttpLimits { body_time: Duration::from_secs(3), ..HttpLimits::default() };
    tokio::spawn(serve_with(world, listener, limits, std::future::pending()));
    let before = resident();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = "POST / HTTP/1.1\r\nHost: sim\r\nContent-Length: 1000000\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            // Half of what it promised; a server without room for it stops reading, and then so much cannot be written.
            let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(&HALF)).await;
            let most = resident();
            let mut answer = Vec::new();
            // An answer, or a reset because of what was left unread.
            drop(stream.read_to_end(&mut answer).await);
            most
        });
    }
    let mut most = before;
    while let Some(seen) = clients.join_next().await {
        most = most.max(seen.unwrap());
    }
    let grown = (most - before) / (1024 * 1024);
    // All of it at once would be 190 MiB.
    assert!(grown < 96, "{grown} MiB");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /_peerway/health HTTP/1.1\r\nHost: sim\r\n\r\n").await.unwrap();
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}
