//! The daemon: reads this host's facts, looks at its peers, and reports.
//!
//! `orders` does what the coordinator says, `rounds` is the standing task, `reader` reads and looks for both,
//! `on_demand` is what the rounds owe to looks out of turn, `reporter` makes reports, and `sent_state` is
//! what the coordinator has of them. `partners` are those whose times of replication are stated as they are.

mod names;
mod on_demand;
mod orders;
mod partners;
pub mod plan_file;
mod reader;
mod reporter;
mod rounds;
mod sent_state;
mod settings;
mod to_report;

pub use self::{orders::Daemon, settings::DaemonSettings};
