//! Passwords: argon2id.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::apart::apart;

/// Fewest characters of a password.
const CHARACTERS_MIN: usize = 10;
/// Most bytes of a password, so that hashing has a limit.
const BYTES_MAX: usize = 256;
/// Hashings at the same time; each takes its memory.
const HASHINGS_MAX: usize = 4;

/// What one hashing costs. OWASP Password Storage Cheat Sheet: at least 19 MiB, 2 passes, 1 lane.
#[derive(Debug, Clone, Copy)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        PasswordCost {
            memory_kib: 19_456,
            passes: 2,
        }
    }
}

/// A password that cannot be accepted or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Shorter than we allow.
    #[error("a password has at least {CHARACTERS_MIN} characters")]
    TooShort,
    /// Longer than we hash.
    #[error("a password has at most {BYTES_MAX} bytes")]
    TooLong,
    /// Contains the login, or is one character again and again.
    #[error("the password is too easy to guess")]
    TooEasy,
    /// The hashing failed; a fault of ours.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
}

/// Hashes and verifies, a few at a time and away from the threads that answer requests.
#[derive(Clone)]
pub(crate) struct Passwords {
    cost: PasswordCost,
    turns: Arc<Semaphore>,
    /// The hash of a password nobody has: verified against when the login is unknown.
    decoy: Arc<str>,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> Result<Self, PasswordError> {
        let decoy = hash(cost, "no account has this password")?;
        Ok(Passwords {
            cost,
            turns: Arc::new(Semaphore::new(HASHINGS_MAX)),
            decoy: decoy.into(),
        })
    }

    /// Hashes a new password after checking that it is acceptable.
    pub(crate) async fn hash(&self, login: &str, password: &str) -> Result<String, PasswordError> {
        check(login, password)?;
        let (cost, password) = (self.cost, password.to_owned());
        self.away(move || hash(cost, &password)).await
    }

    /// Whether the password belongs to the hash. Without a hash it takes as long and is always false.
    pub(crate) async fn verify(
        &self,
        stored: Option<String>,
        password: &str,
    ) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        let password: String = password.chars().take(BYTES_MAX).collect();
        let matches = self
            .away(move || {
                let stored = PasswordHash::new(&stored)
                    .map_err(|err| PasswordError::Hashing(err.to_string()))?;
                Ok(Argon2::default()
                    .verify_password(password.as_bytes(), &stored)
                    .is_ok())
            })
            .await?;
        Ok(known && matches)
    }

    async fn away<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _turn = self
            .turns
            .acquire()
            .await
            .map_err(|err| PasswordError::Hashing(err.to_string()))?;
        apart(work)
            .await
            .map_err(|err| PasswordError::Hashing(err.to_string()))?
    }
}

fn check(login: &str, password: &str) -> Result<(), PasswordError> {
    if password.chars().count() < CHARACTERS_MIN {
        return Err(PasswordError::TooShort);
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    let first = password.chars().next();
    let lower = password.to_lowercase();
    if password.chars().all(|c| Some(c) == first) || lower.contains(&login.to_lowercase()) {
        return Err(PasswordError::TooEasy);
    }
    Ok(())
}

fn hash(cost: PasswordCost, password: &str) -> Result<String, PasswordError> {
    let failed = |err: String| PasswordError::Hashing(err);
    let params = Params::new(cost.memory_kib, cost.passes, 1, None)
        .map_err(|err| failed(err.to_string()))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2
        .hash_password(password.as_bytes())
        .map_err(|err| failed(err.to_string()))?;
    Ok(hash.to_string())
}
