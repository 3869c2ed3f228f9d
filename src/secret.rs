//! The server's own key and what is made with it: signed cursors, sealed cookies, the keys of
//! tokens. Keys of before still open what was made with them.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::config::{Config, Hidden};
use crate::error::{Error, Result};

/// The length of a signature on something short-lived: 128 bits.
const TAG_LEN: usize = 16;

/// The key in use, and former ones. Clones share them.
#[derive(Clone)]
pub struct Secret(Arc<Ring>);

struct Ring {
    now: Keys,
    former: Vec<Keys>,
}

/// Keys for each purpose, all derived from one `SECRET_KEY`.
struct Keys {
    master: hmac::Key,
    signing: hmac::Key,
    sealing: LessSafeKey,
}

impl Secret {
    /// Takes the key from the settings, or from its file, which is made if there is none.
    ///
    /// # Errors
    /// A sentence about the file that could not be read or made.
    pub fn load(config: &Config) -> Result<Self, String> {
        let now = match &config.secret_key {
            Some(Hidden(key)) => Keys::derive(key.as_bytes()),
            None => {
                let path = config.data_dir.join("secret.key");
                let key = read_or_make(&path).map_err(|error| {
                    format!(
                        "SECRET_KEY: {}: {error}; set DATA_DIR or SECRET_KEY",
                        path.display()
                    )
                })?;
                Keys::derive(key.trim().as_bytes())
            }
        };
        let former = &config.secret_key_fallbacks;
        let former = former
            .iter()
            .map(|Hidden(key)| Keys::derive(key.as_bytes()));
        Ok(Self(Arc::new(Ring {
            now: now?,
            former: former.collect::<Result<_, _>>()?,
        })))
    }

    /// Text that [`Secret::verify`] takes back for the same purpose, readable by anyone.
    pub fn sign(&self, purpose: &str, data: &[u8]) -> String {
        let tag = self.0.now.tag(purpose, data);
        let mut signed = Vec::with_capacity(TAG_LEN + data.len());
        signed.extend(tag.as_ref().iter().take(TAG_LEN));
        signed.extend(data);
        URL_SAFE_NO_PAD.encode(signed)
    }

    /// The data of a text that [`Secret::sign`] made for this purpose.
    pub fn verify(&self, purpose: &str, text: &str) -> Option<Vec<u8>> {
        let mut signed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let data = signed.split_off_checked(TAG_LEN)?;
        let good = |keys: &Keys| {
            let tag = keys.tag(purpose, &data);
            let tag = tag.as_ref().get(..TAG_LEN);
            tag.is_some_and(|tag| verify_slices_are_equal(tag, &signed).is_ok())
        };
        self.all().any(good).then_some(data)
    }

    /// Encrypted text that only [`Secret::open`] reads, for the same purpose.
    pub fn seal(&self, purpose: &str, data: &[u8]) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).ok()?;
        let mut sealed = data.to_vec();
        let key = &self.0.now.sealing;
        let unique = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(unique, Aad::from(purpose), &mut sealed)
            .ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// The data of a text that [`Secret::seal`] made for this purpose.
    pub fn open(&self, purpose: &str, text: &str) -> Option<Vec<u8>> {
        let mut nonce = URL_SAFE_NO_PAD.decode(text).ok()?;
        let sealed = nonce.split_off_checked(NONCE_LEN)?;
        self.all().find_map(|keys| {
            let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
            let mut data = sealed.clone();
            let data = keys
                .sealing
                .open_in_place(nonce, Aad::from(purpose), &mut data);
            Some(data.ok()?.to_vec())
        })
    }

    /// A hash that only this server can make, in hexadecimal: for what is guessed easily, such
    /// as an address.
    pub fn hash(&self, purpose: &str, data: &[u8]) -> String {
        hex(self.0.now.tag(purpose, data).as_ref())
    }

    /// What [`Secret::hash`] makes, and made with each former key.
    pub fn hashes(&self, purpose: &str, data: &[u8]) -> Vec<String> {
        self.all()
            .map(|keys| hex(keys.tag(purpose, data).as_ref()))
            .collect()
    }

    /// A key of its own for this purpose, the one in use first, then former ones.
    pub fn keys_for(&self, purpose: &str) -> Vec<Vec<u8>> {
        self.all()
            .map(|keys| {
                hmac::sign(&keys.master, purpose.as_bytes())
                    .as_ref()
                    .to_vec()
            })
            .collect()
    }

    fn all(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.0.now).chain(&self.0.former)
    }
}

impl Keys {
    fn derive(key: &[u8]) -> Result<Self, String> {
        if key.len() < 32 {
            return Err(
                "SECRET_KEY: shorter than 32 bytes; make one with: openssl rand -hex 32".into(),
            );
        }
        let master = hmac::Key::new(hmac::HMAC_SHA256, key);
        let signing = hmac::sign(&master, b"folkmoot signing 1");
        let sealing = hmac::sign(&master, b"folkmoot sealing 1");
        let sealing = UnboundKey::new(&AES_256_GCM, sealing.as_ref())
            .map_err(|_| "SECRET_KEY: cannot be used".to_owned())?;
        Ok(Self {
            signing: hmac::Key::new(hmac::HMAC_SHA256, signing.as_ref()),
            sealing: LessSafeKey::new(sealing),
            master,
        })
    }

    fn tag(&self, purpose: &str, data: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.signing);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(data);
        context.sign()
    }
}

/// A secret of 256 bits that is handed out once, as text.
///
/// # Errors
/// Without randomness there is none.
pub fn random_text() -> Result<String> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(Error::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Compares two hashes of secrets in constant time.
pub fn same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

trait SplitOffChecked: Sized {
    fn split_off_checked(&mut self, at: usize) -> Option<Self>;
}

impl SplitOffChecked for Vec<u8> {
    fn split_off_checked(&mut self, at: usize) -> Option<Self> {
        (at <= self.len()).then(|| self.split_off(at))
    }
}

/// SHA-256 in hexadecimal, the form in which secrets that come back are stored.
pub fn sha256_hex(parts: &[&[u8]]) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(part);
    }
    hex(context.finish().as_ref())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |n: u8| DIGITS.get(usize::from(n & 15)).copied().unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

/// The key's file appears whole or not at all: it is written beside and linked into place,
/// and where another start was faster, its key stands.
fn read_or_make(path: &Path) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(path)?,
        read => return read,
    }
    std::fs::read_to_string(path)
}

fn make(path: &Path) -> std::io::Result<()> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(std::io::Error::other)?;
    if let Some(folder) = path.parent() {
        make_private_folder(folder)?;
    }
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(hex(&bytes).as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Makes a folder that only this user can read, if it is not there.
pub fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret() -> Secret {
        ring(b"0123456789abcdef0123456789abcdef", &[])
    }

    fn ring(now: &[u8], former: &[&[u8]]) -> Secret {
        let derive = |key: &[u8]| Keys::derive(key).expect("long enough");
        Secret(Arc::new(Ring {
            now: derive(now),
            former: former.iter().map(|key| derive(key)).collect(),
        }))
    }

    #[test]
    fn what_a_former_key_made_is_still_taken() {
        let before = secret();
        let (signed, sealed) = (before.sign("a", b"x"), before.seal("a", b"x"));
        let hashed = before.hash("a", b"x");
        let after = ring(
            b"a new key of thirty-two bytes or more",
            &[b"0123456789abcdef0123456789abcdef"],
        );
        assert_eq!(after.verify("a", &signed), Some(b"x".to_vec()));
        assert_eq!(
            after.open("a", &sealed.expect("sealed")),
            Some(b"x".to_vec())
        );
        assert!(after.hashes("a", b"x").contains(&hashed));
        assert_ne!(after.hash("a", b"x"), hashed);
        assert_ne!(after.sign("a", b"x"), signed);
    }

    proptest! {
        #[test]
        fn what_was_signed_or_sealed_comes_back_and_nothing_else(data: Vec<u8>, at: usize, flip in 1u8..) {
            let secret = secret();
            let seal = |p: &str, d: &[u8]| secret.seal(p, d).expect("sealed");
            for (text, back) in [
                (secret.sign("a", &data), Secret::verify as fn(&Secret, &str, &str) -> _),
                (seal("a", &data), Secret::open),
            ] {
                prop_assert_eq!(back(&secret, "a", &text), Some(data.clone()));
                prop_assert_eq!(back(&secret, "b", &text), None);
                let mut bytes = URL_SAFE_NO_PAD.decode(&text).expect("its own form");
                let at = at % bytes.len();
                bytes[at] ^= flip;
                prop_assert_eq!(back(&secret, "a", &URL_SAFE_NO_PAD.encode(bytes)), None);
                prop_assert_eq!(back(&secret, "a", &text[..text.len() - 1]), None);
            }
        }
    }

    #[test]
    fn a_hash_is_that_of_the_standard() {
        // FIPS 180-2, appendix B.1
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_hex(&[b"ab", b"c"]), abc);
    }
}
