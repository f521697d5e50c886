//! `epmesh incidents` and `epmesh incident`.

mod links;
mod list;
mod one;
#[cfg(test)]
mod tests;

pub(super) use self::{
    list::{answer, exit, list, render_list},
    one::render,
};
