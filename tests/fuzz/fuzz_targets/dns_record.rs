#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| epmesh_tests::oracle::holds("dns_record", bytes));
