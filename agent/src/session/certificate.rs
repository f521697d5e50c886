//! The validity of a certificate, and the time at which to ask for the next one.

use std::time::Duration;

use epmesh_common::facts::Timestamp;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};

/// The part of the validity that is left when a certificate is renewed at the latest.
const LAST_PART: u32 = 3;

/// How much of that part the agents of a fleet are spread over: those that enrolled together do not
/// renew together.
const SPREAD: f64 = 0.2;

/// The validity of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From when it is valid.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// From when it is to be renewed: with a third of the validity left or a little less. It hangs on
    /// the certificate alone, so that an agent that is started anew does not draw again.
    pub renewal: Timestamp,
}

impl Validity {
    /// Reads the first certificate in `pem`; `None` when there is none.
    #[must_use]
    pub fn of(pem: &str) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let (_, certificate) = x509_parser::parse_x509_certificate(&der).ok()?;
        let moment = |seconds: i64| {
            Timestamp::from_millis(u64::try_from(seconds).unwrap_or_default().saturating_mul(1000))
        };
        let validity = certificate.validity();
        let from = moment(validity.not_before.timestamp());
        let until = moment(validity.not_after.timestamp());
        let first = Sha256::digest(&der)
            .iter()
            .take(4)
            .fold(0_u32, |all, byte| all.wrapping_shl(8) | u32::from(*byte));
        let part = 1.0 - SPREAD * f64::from(first) / f64::from(u32::MAX);
        let left = (from.until(until) / LAST_PART).mul_f64(part);
        Some(Self { from, until, renewal: until.minus(left) })
    }

    /// The time for which the certificate is still valid at `now`; nothing once it has run out.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Duration {
        now.until(self.until)
    }

    /// Whether it has run out at `now`.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.left(now).is_zero()
    }

    /// Whether less than a tenth of it is left.
    #[must_use]
    pub fn is_urgent(&self, now: Timestamp) -> bool {
        self.left(now) < self.from.until(self.until) / 10
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate() -> String {
        let mut params = CertificateParams::new(vec!["dc1.lab.test".to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 4, 1);
        params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate").pem()
    }

    #[test]
    fn a_third_or_a_little_less_is_left_and_not_the_same_for_all() {
        let day = Duration::from_secs(24 * 3600);
        let renewals: Vec<Timestamp> = (0..20)
            .map(|_| {
                let pem = certificate();
                let validity = Validity::of(&pem).expect("it is one");
                assert_eq!(Validity::of(&pem), Some(validity), "it is not drawn anew");
                assert_eq!(validity.from.until(validity.until), day * 90);
                let left = validity.renewal.until(validity.until);
                assert!((day * 24..=day * 30).contains(&left), "{left:?}");
                assert!(!validity.is_over(validity.renewal) && validity.is_over(validity.until));
                assert!(!validity.is_urgent(validity.renewal));
                assert!(validity.is_urgent(validity.until.minus(day * 8)));
                validity.renewal
            })
            .collect();
        assert!(renewals.iter().any(|one| *one != renewals[0]));
        assert_eq!(Validity::of("no certificate"), None);
    }
}
