//! SCRAM (RFC 5802, RFC 7677) without channel binding, which Kafka has not got.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256, Sha512};

/// Fewer rounds than any server asks for that means it; RFC 5802 has 4,096 as the least.
const LEAST_ROUNDS: u32 = 4_096;
/// More than this, which takes about a second, is a server that wants to keep us busy.
const MOST_ROUNDS: u32 = 1_000_000;

/// By which hash.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Digest {
    Sha256,
    Sha512,
}

impl Digest {
    fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        fn of<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
            // Any length of key will do.
            let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return Vec::new() };
            for part in parts {
                mac.update(part);
            }
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Self::Sha256 => of::<Hmac<Sha256>>(key, parts),
            Self::Sha512 => of::<Hmac<Sha512>>(key, parts),
        }
    }

    fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    /// `Hi` of RFC 5802: PBKDF2 of one block.
    fn salted(self, password: &str, salt: &[u8], rounds: u32) -> Vec<u8> {
        let mut last = self.hmac(password.as_bytes(), &[salt, &1_u32.to_be_bytes()]);
        let mut all = last.clone();
        for _ in 1..rounds {
            last = self.hmac(password.as_bytes(), &[&last]);
            all = xor(&all, &last);
        }
        all
    }
}

fn xor(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter().zip(right).map(|(left, right)| left ^ right).collect()
}

/// One conversation.
pub(crate) struct Scram<'a> {
    digest: Digest,
    password: &'a str,
    nonce: &'a str,
    bare: String,
}

/// What the server must say at last, to prove that it knows the password too.
pub(crate) struct ServerProof(Vec<u8>);

impl<'a> Scram<'a> {
    /// `nonce`: printable, without comma, and never used before.
    pub(crate) fn new(digest: Digest, user: &str, password: &'a str, nonce: &'a str) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        Self { digest, password, nonce, bare: format!("n={user},r={nonce}") }
    }

    /// The first message.
    pub(crate) fn first(&self) -> Vec<u8> {
        format!("n,,{}", self.bare).into_bytes()
    }

    /// The second and last, after what the server said to the first.
    pub(crate) fn last(&self, server: &[u8]) -> Result<(Vec<u8>, ServerProof), &'static str> {
        const CUT: &str = "its answer is not one of SCRAM";
        let server = std::str::from_utf8(server).map_err(|_| CUT)?;
        let field = |name: &str| server.split(',').find_map(|field| field.strip_prefix(name));
        let nonce = field("r=").filter(|nonce| nonce.starts_with(self.nonce)).ok_or(CUT)?;
        let salt = field("s=").and_then(|salt| STANDARD.decode(salt).ok()).ok_or(CUT)?;
        let rounds: u32 = field("i=").and_then(|rounds| rounds.parse().ok()).ok_or(CUT)?;
        if !(LEAST_ROUNDS..=MOST_ROUNDS).contains(&rounds) {
            return Err("it asks for a number of rounds that no server means");
        }
        let salted = self.digest.salted(self.password, &salt, rounds);
        let without_proof = format!("c=biws,r={nonce}");
        let all = format!("{},{server},{without_proof}", self.bare);
        let client_key = self.digest.hmac(&salted, &[b"Client Key"]);
        let signature = self.digest.hmac(&self.digest.hash(&client_key), &[all.as_bytes()]);
        let proof = STANDARD.encode(xor(&client_key, &signature));
        let server_key = self.digest.hmac(&salted, &[b"Server Key"]);
        let server_proof = ServerProof(self.digest.hmac(&server_key, &[all.as_bytes()]));
        Ok((format!("{without_proof},p={proof}").into_bytes(), server_proof))
    }
}

impl ServerProof {
    /// Whether the server has proved it.
    pub(crate) fn check(&self, answer: &[u8]) -> Result<(), &'static str> {
        if answer.starts_with(b"e=") {
            return Err("user or password");
        }
        let said = answer.strip_prefix(b"v=").and_then(|proof| STANDARD.decode(proof).ok());
        let is_proved = said.is_some_and(|said| said == self.0);
        if is_proved { Ok(()) } else { Err("it did not prove that it knows the password itself") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The conversation of RFC 7677, section 3.
    #[test]
    fn the_example_of_the_rfc() {
        let scram = Scram::new(Digest::Sha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
        assert_eq!(scram.first(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let server = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let (last, proof) = scram.last(server).unwrap();
        let expected = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                        p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        assert_eq!(String::from_utf8(last).unwrap(), expected);
        assert_eq!(proof.check(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(()));
        assert!(proof.check(b"v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap_err().contains("itself"));
        assert_eq!(proof.check(b"e=invalid-proof"), Err("user or password"));
        assert!(scram.last(b"r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").is_err());
        assert!(scram.last(b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1").is_err());
    }
}
