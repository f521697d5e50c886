//! The daemon: reads this host's facts, looks at its peers, and reports.

mod peers;

pub use self::peers::Peers;
