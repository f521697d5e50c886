//! Decoders of what the coordinator reads: its configuration, its store, bundles, certificates.

use epmesh::{
    config::ServeOptions,
    fleet::View,
    pki::{PeerCertificate, PeerIdentity, SigningRequest},
    store::{Key, SledOptions, SledStore},
};

use super::property::text;

pub(super) fn config(bytes: &[u8]) {
    let _ = ServeOptions::parse("any", &text(bytes));
}

/// A bundle that is taken in can be exported, and what is exported is taken in.
pub(super) fn bundle(bytes: &[u8]) {
    let Ok((view, now)) = View::import(bytes) else { return };
    let lines = view.export(now);
    let json = lines.iter().filter_map(|line| serde_json::to_string(line).ok());
    let text = json.collect::<Vec<_>>().join("\n");
    assert!(View::import(text.as_bytes()).is_ok(), "{text}");
}

/// A store whose journal holds any bytes is opened or refused.
pub(super) fn journal(bytes: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join("journal");
    if std::fs::write(path, bytes).is_ok() {
        let small = SledOptions {
            cache_bytes: 1 << 20,
            reserve_bytes: 1 << 16,
            ..SledOptions::new(folder.path())
        };
        let _ = SledStore::open(small, 0);
    }
}

pub(super) fn key(bytes: &[u8]) {
    if let Ok(key) = Key::from_bytes(bytes) {
        assert_eq!(key.as_bytes(), bytes);
        assert_eq!(Key::new(key.space(), key.segments().collect::<Vec<_>>()), Ok(key.clone()));
    }
}

pub(super) fn signing_request(bytes: &[u8]) {
    let _ = SigningRequest::from_pem(&text(bytes));
}

pub(super) fn certificate(bytes: &[u8]) {
    let _ = (PeerIdentity::from_certificate(bytes), PeerCertificate::from_der(bytes));
}
