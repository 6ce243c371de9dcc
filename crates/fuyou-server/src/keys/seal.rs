//! One key version: authenticated encryption and a keyed hash.

use std::str::FromStr;

use aes_gcm::aead::array::Array;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, AesGcm};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use sm3::Sm3;
use sm4::Sm4;

/// SM4 in Galois/Counter Mode, RFC 8998.
type Sm4Gcm = AesGcm<Sm4, U12>;

/// Bytes of a nonce in front of the cipher text.
const NONCE_BYTES: usize = 12;

/// The algorithms of a key version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// SM4-GCM and HMAC-SM3 (GB/T 32907, GB/T 32905): the default.
    Sm,
    /// AES-256-GCM and HMAC-SHA-256.
    Aes,
}

impl Suite {
    /// The word in the key file and the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Suite::Sm => "sm4-gcm+hmac-sm3",
            Suite::Aes => "aes-256-gcm+hmac-sha-256",
        }
    }
}

impl FromStr for Suite {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sm" | "sm4-gcm+hmac-sm3" => Ok(Suite::Sm),
            "aes" | "aes-256-gcm+hmac-sha-256" => Ok(Suite::Aes),
            _ => Err(format!("{text:?} is not a suite: sm or aes")),
        }
    }
}

/// Sealed bytes that do not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Sealed by a version the key file does not hold.
    #[error("sealed with key version {0}, which the key file does not hold")]
    UnknownVersion(u8),
    /// Changed, cut off, or moved from another row or column.
    #[error("sealed bytes do not open: changed, or moved from another place")]
    Broken,
}

/// A version of the keys. Does not print its secrets.
#[derive(Clone)]
pub(super) struct Version {
    pub number: u8,
    pub suite: Suite,
    pub sealing: [u8; 32],
    pub hashing: [u8; 32],
}

impl Version {
    /// Version byte, nonce, cipher text with tag.
    pub(super) fn seal(&self, nonce: [u8; NONCE_BYTES], context: &[u8], plain: &[u8]) -> Vec<u8> {
        let payload = Payload {
            msg: plain,
            aad: context,
        };
        let sealed = match self.suite {
            Suite::Sm => self.sm4().encrypt(&Array(nonce), payload),
            Suite::Aes => self.aes().encrypt(&Array(nonce), payload),
        };
        let sealed = sealed.expect("an identifier is far below the 64 GiB that GCM can seal");
        let mut bytes = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        bytes.push(self.number);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        bytes
    }

    /// Opens what stands behind the version byte.
    pub(super) fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (nonce, cipher) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(KeyError::Broken)?;
        let payload = Payload {
            msg: cipher,
            aad: context,
        };
        let opened = match self.suite {
            Suite::Sm => self.sm4().decrypt(&Array(*nonce), payload),
            Suite::Aes => self.aes().decrypt(&Array(*nonce), payload),
        };
        opened.map_err(|_| KeyError::Broken)
    }

    /// Version byte and keyed hash.
    pub(super) fn hash(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut bytes = vec![self.number];
        // The length keeps context and value apart.
        let length = (context.len() as u64).to_be_bytes();
        match self.suite {
            Suite::Sm => {
                let mut mac = Hmac::<Sm3>::new_from_slice(&self.hashing)
                    .expect("HMAC takes keys of any length");
                for part in [&length, context, plain] {
                    mac.update(part);
                }
                bytes.extend_from_slice(&mac.finalize().into_bytes());
            }
            Suite::Aes => {
                let mut mac = Hmac::<Sha256>::new_from_slice(&self.hashing)
                    .expect("HMAC takes keys of any length");
                for part in [&length, context, plain] {
                    mac.update(part);
                }
                bytes.extend_from_slice(&mac.finalize().into_bytes());
            }
        }
        bytes
    }

    /// SM4 has keys of 16 bytes: the first half of the sealing key.
    fn sm4(&self) -> Sm4Gcm {
        Sm4Gcm::new_from_slice(&self.sealing[..16]).expect("16 bytes are a key of SM4")
    }

    fn aes(&self) -> Aes256Gcm {
        Aes256Gcm::new_from_slice(&self.sealing).expect("32 bytes are a key of AES-256")
    }
}
