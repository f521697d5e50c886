//! Simulated domain controllers, the portable demo's forest, and what the end-to-end suites share.

pub mod fleets;
pub mod oracle;
pub mod sim;
