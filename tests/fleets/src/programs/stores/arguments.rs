//! The command line of `epmesh-stores`.

use clap::Parser;

/// Measures the embedded engines of the store beside each other.
#[derive(Clone, Copy, Parser)]
#[command(name = "epmesh-stores")]
pub(crate) struct Arguments {
    /// Domain controllers whose reports of a day are written.
    #[arg(long, default_value_t = 100)]
    pub(crate) dcs: usize,
    /// Reports of each of them: one a minute for a day.
    #[arg(long, default_value_t = 1_440)]
    pub(crate) reports: usize,
    /// One report in so many has a body that changed; the others say "still so".
    #[arg(long, default_value_t = 20)]
    pub(crate) changed: usize,
    /// Sessions that report at the same time.
    #[arg(long, default_value_t = 32)]
    pub(crate) sessions: usize,
    /// Domain controllers in the store that is opened.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) open_dcs: usize,
}
