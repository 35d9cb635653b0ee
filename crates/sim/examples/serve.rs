//! Serves an estate on a loopback port: `cargo run --example serve -- estate.yaml 4566`.

use std::sync::Arc;

use peerway_model::{Clock, Timestamp};
use peerway_sim::{Settings, SimClock, World, serve};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, port] = arguments.as_slice() else {
        return Err("say an estate file and a port".into());
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "a program is where the machine's clock comes in"
    )]
    let wall = Clock::new(Timestamp::now);
    let settings = Settings { clock: SimClock::real(wall), ..Settings::default() };
    let world = Arc::new(World::from_file(file, &std::fs::read_to_string(file)?, settings)?);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    serve(world, listener, std::future::pending()).await?;
    Ok(())
}
