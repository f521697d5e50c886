//! The DCE/RPC codec against recorded bytes, against tshark and against arbitrary bytes.

#[cfg(test)]
mod vectors;
