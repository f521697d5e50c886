//! The case: the fresh evidence on one link, and what can be read off it before any rule.

mod destination;
mod directory;
mod fresh_evidence;
mod losses;
mod names;
mod origin;
mod owner;
mod ownership;
mod password;
mod port_use;
mod reach;
mod replication;
mod sites;
mod works;

pub(super) use self::{
    directory::older,
    fresh_evidence::{Case, WAY},
    names::{WrongAddress, effective, name_sources, tried},
    origin::{Origin, age_in_words},
    owner::Owner,
    password::OldPassword,
    port_use::full,
    reach::{
        Reach, connect_code, error_at, goes_on, has_no_way, has_no_way_to, reach, windows_code,
    },
    replication::Attempt,
    sites::{destination_site, site_of, source_site},
    works::works,
};
