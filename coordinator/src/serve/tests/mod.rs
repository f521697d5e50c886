//! The coordinator from the outside: real mutual TLS on loopback, agents made by hand.

mod faults;
mod life;
mod looks;
mod rig;
