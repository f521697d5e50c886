#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| epmesh_oracle::holds("dns_property", bytes));
