//! An agent put together: its configuration, and the parts that run by it. Nothing below knows of the
//! configuration file; `settings` turns it into what each part is told.

pub mod config;
pub mod detect;
pub mod run;
pub mod settings;
pub mod start;

pub use self::{
    config::{Config, ConfigError},
    detect::{PlatformError, detect},
    run::Parts,
};
