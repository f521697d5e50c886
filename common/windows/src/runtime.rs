//! The library of the RPC runtime, which every protocol sequence in `Rpc\ClientProtocols` names.

/// The library that carries all of them.
pub(super) const RUNTIME: &str = "rpcrt4.dll";

/// Whether a value names the library, with its path or without.
pub(super) fn is_runtime(data: &str) -> bool {
    let file = data.trim().rsplit('\\').next().unwrap_or(data);
    file.eq_ignore_ascii_case(RUNTIME)
}
