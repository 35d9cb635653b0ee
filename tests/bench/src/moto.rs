//! moto, as everybody runs it: `moto_server` in a Python environment of ours.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::clients;

/// A server that ends when dropped.
#[derive(Debug)]
pub(crate) struct Moto {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Moto {
    /// Starts it on a free port.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let python = clients::python(&|said| eprintln!("bench: {said}"))?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let child = Command::new(python)
            .args(["-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p"])
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut moto = Self { child, address: (Ipv4Addr::LOCALHOST, port).into() };
        let begun = Instant::now();
        while TcpStream::connect(moto.address).is_err() {
            ensure!(moto.child.try_wait()?.is_none(), "moto_server ended at once");
            ensure!(begun.elapsed() < Duration::from_mins(1), "moto_server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(moto)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
