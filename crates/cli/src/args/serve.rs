//! What `ade serve` takes.
use std::net::SocketAddr;

use clap::Args;

/// What `ade serve` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen; a port of 0 is any that is free. Whoever is not on this machine gets there through a proxy with TLS
    #[arg(long, default_value = "127.0.0.1:8070", value_name = "ADDRESS", env = "ADE_LISTEN")]
    pub(crate) listen: SocketAddr,
    /// Land what has arrived every so many seconds
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) land_every: u64,
    /// Land earlier when so many MB have arrived
    #[arg(long, default_value_t = 32, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..=4_096))]
    pub(crate) land_mb: u64,
    /// Land nothing here: events wait in their log until `ade ingest` or `ade build` runs
    #[arg(long, conflicts_with_all = ["land_every", "land_mb"])]
    pub(crate) no_landing: bool,
}
