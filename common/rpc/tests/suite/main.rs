//! The DCE/RPC codec against recorded bytes, against tshark and against arbitrary bytes.

#[cfg(test)]
mod capture;
#[cfg(test)]
mod captures;
#[cfg(test)]
mod conversation;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tshark;
#[cfg(test)]
mod vectors;
