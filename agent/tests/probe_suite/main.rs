//! The prober against small servers on loopback: real sockets, every way a peer can misbehave.

#[cfg(test)]
mod check;
#[cfg(test)]
mod damaged;
#[cfg(test)]
mod dns;
#[cfg(test)]
mod dns_together;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_identity;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod left_out;
#[cfg(test)]
mod lying_dns;
#[cfg(test)]
mod mapper;
#[cfg(test)]
mod names;
#[cfg(test)]
mod ports;
#[cfg(test)]
mod server;
