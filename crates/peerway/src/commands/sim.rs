//! `peerway sim`.

use std::sync::Arc;

use anyhow::{Context, ensure};
use peerway_model::{Clock, Timestamp};
use peerway_sim::{Estate, Settings, SimClock, World, serve};
use tokio::net::TcpListener;

use crate::args::SimArgs;
use crate::signals;

pub(crate) async fn run(args: SimArgs) -> anyhow::Result<()> {
    ensure!(args.speed > 0.0 && args.speed.is_finite(), "--speed must be a number greater than 0");
    let estate = match &args.estate {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Estate::from_yaml(&text).with_context(|| format!("cannot load {}", path.display()))?
        }
        None => Estate::default(),
    };
    let clock = SimClock::scaled(wall_clock(), args.speed);
    let world = World::new(&estate, Settings { clock, ..Settings::default() })
        .context("the estate does not hold together")?;
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr()?;
    tracing::info!(endpoint = %format!("http://{address}"), speed = args.speed, "simulated AWS is ready");
    serve(Arc::new(world), listener, signals::stop()).await.context("the server ended")
}

#[expect(clippy::disallowed_methods, reason = "a program is where the machine's clock comes in")]
fn wall_clock() -> Clock {
    Clock::new(Timestamp::now)
}
