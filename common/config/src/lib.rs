//! Configuration files: TOML, kebab-case keys, and every problem reported at once with its line.
//!
//! A file is read by asking for its keys; what was never asked for is an unknown key.
//!
//! ```
//! use epmesh_config::Document;
//!
//! let document = Document::parse("agent.toml", "intervall = 60\nlisten = 5\n")?;
//! let root = document.root();
//! let interval = root.integer("interval", 5..=3600);
//! let listen = root.parse("listen", str::parse::<std::net::SocketAddr>);
//! root.require("listen");
//! assert_eq!((interval, listen), (None, None));
//! let problems = document.finish().unwrap_err();
//! assert_eq!(
//!     problems.to_string(),
//!     "agent.toml:1: unknown key `intervall`; did you mean `interval`?\n\
//!      agent.toml:2: `listen` is an integer, not a string"
//! );
//! # Ok::<(), epmesh_config::Problems>(())
//! ```

mod document;
mod duration;
mod path;
mod problem;
mod reading;
mod section;
#[cfg(test)]
mod tests;

pub use self::{
    document::Document,
    problem::{Problem, Problems},
    section::Section,
};
