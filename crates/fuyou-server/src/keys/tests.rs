//! Sealing and looking up.

use super::seal::Version;
use super::{KeyError, KeyFileError, Keyring, Suite};
use crate::testkit::TempDir;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// RFC 8998, appendix A.1: SM4-GCM test vector.
#[test]
fn sm4_gcm_is_that_of_rfc_8998() {
    let mut sealing = [0; 32];
    sealing[..16].copy_from_slice(&bytes("0123456789abcdeffedcba9876543210"));
    let version = Version {
        number: 7,
        suite: Suite::Sm,
        sealing,
        hashing: [0; 32],
    };
    let nonce: [u8; 12] = bytes("00001234567800000000abcd").try_into().unwrap();
    let context = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let plain = bytes(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd\
         eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
    );
    let cipher = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735\
                  d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d";
    let tag = "83de3541e4c2b58177e065a9bf7b62ec";
    let sealed = version.seal(nonce, &context, &plain);
    assert_eq!(sealed[0], 7);
    assert_eq!(sealed[1..13], nonce);
    assert_eq!(sealed[13..], bytes(&format!("{cipher}{tag}")));
    assert_eq!(version.open(&context, &sealed[1..]).unwrap(), plain);
}

#[test]
fn sealed_values_open_only_in_their_place_and_unchanged() {
    let dir = TempDir::new();
    for suite in [Suite::Sm, Suite::Aes] {
        let keys = Keyring::open(&dir.path().join(suite.word()), suite).unwrap();
        let sealed = keys.seal("phone:1", "13800000000");
        assert_ne!(
            sealed,
            keys.seal("phone:1", "13800000000"),
            "never the same twice"
        );
        assert_eq!(
            keys.open_sealed("phone:1", &sealed).as_deref(),
            Ok("13800000000")
        );
        assert_eq!(keys.open_sealed("phone:2", &sealed), Err(KeyError::Broken));
        for at in 1..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(
                keys.open_sealed("phone:1", &changed),
                Err(KeyError::Broken),
                "byte {at}"
            );
        }
        assert_eq!(
            keys.open_sealed("phone:1", &sealed[..5]),
            Err(KeyError::Broken)
        );
        assert_eq!(keys.open_sealed("phone:1", &[]), Err(KeyError::Broken));
    }
}

#[test]
fn a_rotation_is_noticed_by_another_process() {
    let dir = TempDir::new();
    let path = dir.path().join("keys");
    let (server, command) = (
        Keyring::open(&path, Suite::Sm).unwrap(),
        Keyring::open(&path, Suite::Sm).unwrap(),
    );
    let old = server.lookup("id", "x");
    assert_eq!(command.add_version(Suite::Aes).unwrap(), 2);
    let sealed = command.seal("id:1", "x");
    assert_eq!(sealed[0], 2);
    assert_eq!(server.open_sealed("id:1", &sealed).as_deref(), Ok("x"));
    assert_eq!(server.lookups("id", "x"), [command.lookup("id", "x"), old]);
    assert_eq!(
        server.open_sealed("id:1", &[9, 0]),
        Err(KeyError::UnknownVersion(9))
    );
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new();
    let path = dir.path().join("keys");
    drop(Keyring::open(&path, Suite::Sm).unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        Keyring::open(&path, Suite::Sm),
        Err(KeyFileError::Exposed(_))
    ));
}

#[test]
fn a_damaged_key_file_is_named_by_line() {
    let dir = TempDir::new();
    let path = dir.path().join("keys");
    drop(Keyring::open(&path, Suite::Sm).unwrap());
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() - 5]).unwrap();
    assert!(matches!(
        Keyring::open(&path, Suite::Sm),
        Err(KeyFileError::Damaged(_, 2))
    ));
}
