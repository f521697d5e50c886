//! Simulated domain controllers, the portable demo's forest, and what the end-to-end suites share.

pub mod sim;
