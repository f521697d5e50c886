//! The words of a verdict: its proof, the causes ruled out, and what to do.

mod proof;
mod remedy;
mod ruled_out;

pub(super) use self::{
    proof::proof,
    remedy::{join, remedy},
    ruled_out::ruled_out,
};
