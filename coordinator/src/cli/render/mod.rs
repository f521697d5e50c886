//! Answers for people.

mod alerts;
mod columns;
mod dcs;
mod endpoints;
mod links;
mod table;
#[cfg(test)]
mod tests;
mod time;
mod token;
mod verdict;

pub use self::verdict::verdict;
pub(super) use self::{
    alerts::alerts,
    columns::{Column, columns},
    dcs::dcs,
    endpoints::endpoints,
    links::{ends, links},
    table::{WIDTH, finish, is_narrow, labelled, numbered, table, wrapped},
    time::{ago, moment},
    token::token,
};
