//! The status codes of the endpoint mapper itself ([C706] appendix E).
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm

/// `ept_s_not_registered` (C706 appendix E): in `ept_map`, nobody serves the interface; in
/// `ept_lookup`, the end.
pub const EPT_S_NOT_REGISTERED: u32 = 0x16c9_a0d6;

/// `ept_s_cant_perform_op` (C706 appendix E).
pub const EPT_S_CANT_PERFORM_OP: u32 = 0x16c9_a0cd;
