//! Tokens and enrolments in the store, and the rules between them.

use std::sync::Arc;
use std::time::Duration;

use super::authority::{Authority, Issued};
use super::enrolment::{Enrolment, Refused, RegistryError};
use super::identity::PeerCertificate;
use super::name::check_name;
use super::request::SigningRequest;
use super::token::{JoinToken, Restriction, TokenRecord, TokenUse};
use crate::store::record::{self, Record};
use crate::store::{
    CommitError, Expect, Key, Prefix, Space, Store, StoreError, Transaction, scan_all,
};

/// How long after an enrolment its token is good for asking again, even if it expires meanwhile.
const ANSWER_LOST: u64 = 15 * 60 * 1000;

/// How often a decision is made again because others changed what it was based on.
const TRIES: usize = 16;

/// The most enrolments and token records that are listed.
const MOST: usize = 100_000;

/// Join tokens and enrolments.
#[derive(Debug, Clone)]
pub struct Registry {
    store: Arc<dyn Store>,
    authority: Arc<Authority>,
    agent_validity: Duration,
}

/// A record with what a transaction must expect of its key.
struct Found<T> {
    key: Key,
    expect: Expect,
    record: Option<T>,
}

impl Registry {
    /// A registry over `store` that lets `authority` issue certificates that are valid this long.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, authority: Arc<Authority>, agent_validity: Duration) -> Self {
        Self { store, authority, agent_validity }
    }

    /// Makes a token. It is returned once and never again.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Name`] when the restriction names nothing, [`RegistryError::Store`].
    pub async fn create_token(
        &self,
        restriction: Restriction,
        expires_at: u64,
        now: u64,
    ) -> Result<(JoinToken, TokenRecord), RegistryError> {
        restriction.check()?;
        let token = JoinToken::generate(&self.authority.fingerprint());
        let record = TokenRecord {
            id: token.id(),
            secret_sha256: token.secret_sha256(),
            remaining: restriction.count(),
            restriction,
            created_at: now,
            expires_at,
        };
        let key = token_key(&record.id)?;
        let value = record::encode(&key, &record)?;
        let new = Transaction::new().expect(key.clone(), Expect::Absent).put(key, value);
        self.store.commit(new).await?;
        Ok((token, record))
    }

    /// Every token with its uses.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn tokens(&self) -> Result<Vec<(TokenRecord, Vec<TokenUse>)>, RegistryError> {
        let mut tokens: Vec<(TokenRecord, Vec<TokenUse>)> = Vec::new();
        // In key order the uses of a token follow it.
        for (key, stored) in scan_all(&*self.store, &Prefix::space(Space::Tokens), MOST).await? {
            if key.segments().nth(1).is_none() {
                tokens.push((record::decode(&key, &stored.value)?, Vec::new()));
            } else if let Some((token, uses)) = tokens.last_mut()
                && key.segments().next() == Some(token.id.as_str())
            {
                uses.push(record::decode(&key, &stored.value)?);
            }
        }
        Ok(tokens)
    }

    /// Withdraws a token; says whether there was one. Who enrolled with it stays enrolled.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn revoke_token(&self, id: &str) -> Result<bool, RegistryError> {
        for _ in 0..TRIES {
            let found = self.find::<TokenRecord>(token_key(id)?).await?;
            if found.record.is_none() {
                return Ok(false);
            }
            let gone = Transaction::new().expect(found.key.clone(), found.expect);
            if self.committed(gone.delete(found.key)).await? {
                return Ok(true);
            }
        }
        Err(RegistryError::Contended { operation: "withdrawing a token" })
    }

    /// Enrols the agent on the DC `name`: uses up one use of `token` and gives a certificate.
    ///
    /// Token and enrolment are written together, so no use of a token counts for two. Who asks
    /// again with the same token, name and key (the answer was lost) gets another certificate and
    /// uses up nothing.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Refused`] says why the agent is not let in.
    pub async fn enrol(
        &self,
        token: &JoinToken,
        name: &str,
        request_pem: &str,
        now: u64,
    ) -> Result<Issued, RegistryError> {
        check_name(name)?;
        let request = SigningRequest::from_pem(request_pem)?;
        for _ in 0..TRIES {
            let token_found = self.find::<TokenRecord>(token_key(&token.id())?).await?;
            let enrolled = self.find::<Enrolment>(enrolment_key(name)?).await?;
            let used = self.find::<TokenUse>(use_key(&token.id(), name)?).await?;
            let record =
                token_found.record.filter(|record| record.is_of(token)).ok_or(Refused::Unknown)?;
            let same_key = enrolled.record.as_ref().filter(|enrolment| {
                enrolment.is_in_force() && enrolment.key_fingerprint == request.key_fingerprint()
            });
            let repeated = same_key.filter(|enrolment| {
                used.record.is_some()
                    && enrolment.token == record.id
                    && now
                        < record.expires_at.max(enrolment.enrolled_at.saturating_add(ANSWER_LOST))
            });
            if repeated.is_none() {
                allowed(&record, name, now)?;
                if let Some(Enrolment { revoked_at: Some(since), .. }) = enrolled.record {
                    return Err(Refused::Revoked { name: name.to_owned(), since }.into());
                }
                if let Some(other) = enrolled.record.as_ref()
                    && !other.released
                    && same_key.is_none()
                {
                    let (name, since) = (name.to_owned(), other.enrolled_at);
                    return Err(Refused::AlreadyEnrolled { name, since }.into());
                }
            }
            let issued = self.authority.issue_agent(name, &request, now, self.agent_validity)?;
            let enrolment = Enrolment {
                name: name.to_owned(),
                serial: issued.serial.clone(),
                key_fingerprint: request.key_fingerprint().to_owned(),
                previous_key_fingerprint: None,
                token: record.id.clone(),
                enrolled_at: repeated.map_or(now, |before| before.enrolled_at),
                released: false,
                revoked_at: None,
            };
            let mut transaction = Transaction::new()
                .expect(token_found.key.clone(), token_found.expect)
                .expect(enrolled.key.clone(), enrolled.expect);
            if repeated.is_none() {
                let remaining = record.remaining.saturating_sub(1);
                let record = TokenRecord { remaining, ..record };
                let token_use = TokenUse { name: name.to_owned(), at: now };
                transaction = put(transaction, token_found.key, &record)?;
                transaction = put(transaction, used.key, &token_use)?;
            }
            if self.committed(put(transaction, enrolled.key, &enrolment)?).await? {
                return Ok(issued);
            }
        }
        Err(RegistryError::Contended { operation: "enrolling" })
    }

    /// Gives an agent that presents `certificate` (which TLS has verified) a new one, for the key
    /// in `request_pem`, the same or another.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Refused`] when the name was released, or the certificate replaced.
    pub async fn renew(
        &self,
        name: &str,
        certificate: &PeerCertificate,
        request_pem: &str,
        now: u64,
    ) -> Result<Issued, RegistryError> {
        check_name(name)?;
        let request = SigningRequest::from_pem(request_pem)?;
        self.change(name, "renewing", |found| {
            let enrolment = admitted(found, name, &certificate.key_fingerprint)?;
            let issued = self.authority.issue_agent(name, &request, now, self.agent_validity)?;
            // The key that was presented stays good until the new one is.
            let previous = Some(certificate.key_fingerprint.clone())
                .filter(|presented| presented != request.key_fingerprint());
            let enrolment = Enrolment {
                serial: issued.serial.clone(),
                key_fingerprint: request.key_fingerprint().to_owned(),
                previous_key_fingerprint: previous,
                ..enrolment
            };
            Ok((Some(enrolment), issued))
        })
        .await
    }

    /// Whether the agent `name` that presents `certificate` may speak; to be asked with every call. A
    /// certificate of a name that was released, revoked or taken over is valid still, but not accepted.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Refused`] says why not.
    pub async fn admits(
        &self,
        name: &str,
        certificate: &PeerCertificate,
    ) -> Result<Enrolment, RegistryError> {
        let found = self.find::<Enrolment>(enrolment_key(name)?).await?;
        Ok(admitted(found.record, name, &certificate.key_fingerprint)?)
    }

    /// As [`Registry::admits`], when a session begins: an agent that presents the key of its latest
    /// certificate has it on its disk, and the key before is refused from then on.
    ///
    /// # Errors
    ///
    /// As [`Registry::admits`].
    pub async fn begin_session(
        &self,
        name: &str,
        certificate: &PeerCertificate,
    ) -> Result<Enrolment, RegistryError> {
        self.change(name, "admitting", |found| {
            let enrolment = admitted(found, name, &certificate.key_fingerprint)?;
            if enrolment.previous_key_fingerprint.is_none()
                || enrolment.key_fingerprint != certificate.key_fingerprint
            {
                return Ok((None, enrolment));
            }
            let enrolment = Enrolment { previous_key_fingerprint: None, ..enrolment };
            Ok((Some(enrolment.clone()), enrolment))
        })
        .await
    }

    /// Releases a name, so that another agent may enrol under it.
    ///
    /// # Errors
    ///
    /// [`Refused::NotEnrolled`] when nobody is enrolled under it.
    pub async fn release(&self, name: &str) -> Result<(), RegistryError> {
        check_name(name)?;
        self.change(name, "releasing", |found| {
            let enrolment = found.ok_or_else(|| Refused::NotEnrolled { name: name.to_owned() })?;
            Ok((Some(Enrolment { released: true, revoked_at: None, ..enrolment }), ()))
        })
        .await
    }

    /// Bars a name: its certificates are refused from now on, and nobody may enrol under it before
    /// [`Registry::release`], not even with a token that would allow it. Says since when.
    ///
    /// # Errors
    ///
    /// [`Refused::NotEnrolled`] when nobody ever was enrolled under it.
    pub async fn revoke(&self, name: &str, now: u64) -> Result<u64, RegistryError> {
        check_name(name)?;
        self.change(name, "revoking", |found| {
            let enrolment = found.ok_or_else(|| Refused::NotEnrolled { name: name.to_owned() })?;
            match enrolment.revoked_at {
                Some(since) => Ok((None, since)),
                None => Ok((Some(Enrolment { revoked_at: Some(now), ..enrolment }), now)),
            }
        })
        .await
    }

    /// Changes the enrolment of `name`. `change` gives the new record, or none where it is to stay as
    /// it is, and what to answer; it is called again when somebody else was faster.
    async fn change<T>(
        &self,
        name: &str,
        operation: &'static str,
        change: impl Fn(Option<Enrolment>) -> Result<(Option<Enrolment>, T), RegistryError>,
    ) -> Result<T, RegistryError> {
        for _ in 0..TRIES {
            let found = self.find::<Enrolment>(enrolment_key(name)?).await?;
            let (changed, answer) = change(found.record)?;
            let Some(changed) = changed else { return Ok(answer) };
            let transaction = Transaction::new().expect(found.key.clone(), found.expect);
            if self.committed(put(transaction, found.key, &changed)?).await? {
                return Ok(answer);
            }
        }
        Err(RegistryError::Contended { operation })
    }

    /// Every enrolment, by name.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn enrolments(&self) -> Result<Vec<Enrolment>, RegistryError> {
        let stored = scan_all(&*self.store, &Prefix::space(Space::Enrolments), MOST).await?;
        let decoded = stored.iter().map(|(key, stored)| record::decode(key, &stored.value));
        Ok(decoded.collect::<Result<_, _>>()?)
    }

    async fn find<T: Record>(&self, key: Key) -> Result<Found<T>, StoreError> {
        let Some(stored) = self.store.get(&key).await? else {
            return Ok(Found { key, expect: Expect::Absent, record: None });
        };
        let record = record::decode(&key, &stored.value)?;
        Ok(Found { key, expect: Expect::Revision(stored.revision), record: Some(record) })
    }

    /// Whether the transaction was committed; not, if something had changed.
    async fn committed(&self, transaction: Transaction) -> Result<bool, StoreError> {
        match self.store.commit(transaction).await {
            Ok(_) => Ok(true),
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

/// Whether a new use of the token by `name` is allowed.
fn allowed(record: &TokenRecord, name: &str, now: u64) -> Result<(), Refused> {
    if now >= record.expires_at {
        return Err(Refused::Expired { at: record.expires_at });
    }
    match &record.restriction {
        Restriction::Dc { name: only } if only != name => {
            return Err(Refused::OtherName { allowed: only.clone() });
        }
        Restriction::Domain { domain, .. }
            if name.split_once('.').is_none_or(|(_, parent)| parent != domain) =>
        {
            return Err(Refused::OtherDomain { allowed: domain.clone() });
        }
        _ => {}
    }
    if record.remaining == 0 { Err(Refused::UsedUp) } else { Ok(()) }
}

fn admitted(
    enrolment: Option<Enrolment>,
    name: &str,
    key_fingerprint: &str,
) -> Result<Enrolment, Refused> {
    let name = name.to_owned();
    match enrolment {
        None => Err(Refused::NotEnrolled { name }),
        Some(Enrolment { revoked_at: Some(since), .. }) => Err(Refused::Revoked { name, since }),
        Some(enrolment) if enrolment.released => Err(Refused::Released { name }),
        Some(enrolment) if enrolment.admits(key_fingerprint) => Ok(enrolment),
        Some(_) => Err(Refused::Replaced { name }),
    }
}

fn put<T: Record>(
    transaction: Transaction,
    key: Key,
    record: &T,
) -> Result<Transaction, StoreError> {
    let value = record::encode(&key, record)?;
    Ok(transaction.put(key, value))
}

fn token_key(id: &str) -> Result<Key, StoreError> {
    Ok(Key::new(Space::Tokens, [id])?)
}

fn use_key(id: &str, name: &str) -> Result<Key, StoreError> {
    Ok(Key::new(Space::Tokens, [id, name])?)
}

fn enrolment_key(name: &str) -> Result<Key, StoreError> {
    Ok(Key::new(Space::Enrolments, [name])?)
}

#[cfg(test)]
mod tests;
