//! The epmesh agent: what a domain controller says of itself and what it sees of its peers.
//!
//! | module | what |
//! |---|---|
//! | [`platform`] | what the agent reads on its own host |
//! | [`daemon`] | when it reads and looks, and what it reports |
//! | [`probe`] | how it looks at a peer |
//! | [`check`] | one host looked at from here, with a verdict |
//! | [`session`] | how reports reach a coordinator: enrolment, stream, spool, back-off |
//! | [`config`], [`cli`] | the configuration file and the command line |

pub mod check;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod config;
pub mod daemon;
pub mod enroll;
pub mod files;
pub mod platform;
pub mod probe;
pub mod run;
pub mod session;

/// An error and its sources, in one line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
