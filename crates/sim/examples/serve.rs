//! Serves an estate on a loopback port: `cargo run --example serve -- estate.yaml 4566`, or a hundred
//! times as fast as time passes: `cargo run --example serve -- estate.yaml 4566 100`.

use std::sync::Arc;

use peerway_model::{Clock, Timestamp};
use peerway_sim::{Settings, SimClock, World, serve};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, port, speed) = match arguments.as_slice() {
        [file, port] => (file, port, 1.0),
        [file, port, speed] => (file, port, speed.parse()?),
        _ => return Err("say an estate file, a port and, if you like, a speed".into()),
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "a program is where the machine's clock comes in"
    )]
    let wall = Clock::new(Timestamp::now);
    let settings = Settings { clock: SimClock::scaled(wall, speed), ..Settings::default() };
    let world = Arc::new(World::from_file(file, &std::fs::read_to_string(file)?, settings)?);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    serve(world, listener, std::future::pending()).await?;
    Ok(())
}
