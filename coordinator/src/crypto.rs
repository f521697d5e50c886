//! The one crypto provider of the process.

/// Makes ring the provider of this process, unless one was chosen before.
pub(crate) fn use_ring() {
    // The error says that there is one already; then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
